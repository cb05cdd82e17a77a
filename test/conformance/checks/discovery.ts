import type { Check } from '../check.ts'
import { assertHolds, CheckSkippedError, isIssued, sessionFrom } from '../finding.ts'
import { metadataOf } from '../metadata.ts'

const wellKnown = '/.well-known/openid-configuration'

export const discovery: Check = {
  name: 'discovery',
  lacks: ({ discoveryUrl }) => discoveryUrl === null && 'there is no DISCOVERY_URL',
  async run(scene) {
    const { server } = scene
    const metadata = await metadataOf(server)
    const issuer = String(metadata['issuer'])
    const endpoint = metadata['token_endpoint']
    if (typeof endpoint !== 'string' || !URL.canParse(endpoint))
      throw new CheckSkippedError('the document names no token endpoint')
    // The issuer says it all, unless the document is somewhere else than its issuer should have it.
    const isAtHome = `${issuer.replace(/\/$/, '')}${wellKnown}` === server.discoveryUrl
    const place = isAtHome
      ? { discovery: issuer }
      : { discovery: String(server.discoveryUrl), issuer, flavour: flavourOf(String(server.discoveryUrl)) }
    const visit = scene.visit({ ...scene.provider(), token: place })
    const response = await scene.type(visit)
    const [document, asked] = visit.exchanges()
    const elsewhere = originOf(endpoint) !== originOf(server.tokenUrl)
    if (!response.ok && elsewhere && (asked === undefined || asked.status === null))
      throw new CheckSkippedError(`the document names ${originOf(endpoint)}, where nothing answers`)
    const { session } = await sessionFrom(response)
    assertHolds(session !== null, 'the sign-in brought no session')
    assertHolds(
      document?.url === new URL(String(server.discoveryUrl)).href,
      'the document was not asked for first',
    )
    assertHolds(
      asked !== undefined && isIssued(asked),
      'the token endpoint of the document was not asked next',
    )
    return isAtHome ? undefined : 'the issuer had to be named beside the address of its document'
  },
}

function originOf(url: string | null): string | null {
  return url === null ? null : new URL(url).origin
}

/** Which kind of document lies at an address: OpenID Connect Discovery §4, or RFC 8414 §3. */
function flavourOf(url: string): 'oidc' | 'oauth' {
  return url.includes('/.well-known/oauth-authorization-server') ? 'oauth' : 'oidc'
}
