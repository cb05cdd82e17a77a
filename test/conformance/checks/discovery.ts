import type { Check } from '../check.ts'
import { assertHolds, CheckSkippedError, hasToken, readSession } from '../finding.ts'
import { fetchMetadata } from '../metadata.ts'

const wellKnown = '/.well-known/openid-configuration'

export const discovery: Check = {
  name: 'discovery',
  getSkipReason: ({ discoveryUrl }) => discoveryUrl === null && 'DISCOVERY_URL is empty',
  async run(context) {
    const { server } = context
    const metadata = await fetchMetadata(server)
    const issuer = String(metadata['issuer'])
    const endpoint = metadata['token_endpoint']
    if (typeof endpoint !== 'string' || !URL.canParse(endpoint))
      throw new CheckSkippedError('the discovery document names no token endpoint')
    // The issuer alone is enough, unless the server publishes its document at another URL.
    const isAtIssuer = `${issuer.replace(/\/$/, '')}${wellKnown}` === server.discoveryUrl
    const token = isAtIssuer
      ? { discovery: issuer }
      : {
          discovery: String(server.discoveryUrl),
          issuer,
          flavour: detectFlavour(String(server.discoveryUrl)),
        }
    const bffClient = context.createBffClient({ ...context.createProvider(), token })
    const response = await context.submitCredentials(bffClient)
    const [documentRequest, tokenRequest] = bffClient.exchanges()
    const isOtherOrigin = getOrigin(endpoint) !== getOrigin(server.tokenUrl)
    if (!response.ok && isOtherOrigin && (tokenRequest === undefined || tokenRequest.status === null))
      throw new CheckSkippedError(
        `the token endpoint of the discovery document, at ${getOrigin(endpoint)}, does not respond`,
      )
    const { session } = await readSession(response)
    assertHolds(session !== null, 'the sign-in created no session')
    assertHolds(
      documentRequest?.url === new URL(String(server.discoveryUrl)).href,
      'the first request of the BFF was not for the discovery document',
    )
    assertHolds(
      tokenRequest !== undefined && hasToken(tokenRequest),
      'the second request of the BFF did not get a token from the endpoint in the discovery document',
    )
    return isAtIssuer ? undefined : 'configured with the issuer and the URL of its discovery document'
  },
}

function getOrigin(url: string | null): string | null {
  return url === null ? null : new URL(url).origin
}

/** The kind of document at a URL: OpenID Connect Discovery §4 or RFC 8414 §3. */
function detectFlavour(url: string): 'oidc' | 'oauth' {
  return url.includes('/.well-known/oauth-authorization-server') ? 'oauth' : 'oidc'
}
