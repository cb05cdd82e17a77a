import { allowInsecureRequests, customFetch, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi'
import { BffError } from './errors.ts'
import type { Logger } from './log.ts'
import { told } from './log.ts'
import type { Platform } from './platform.ts'
import type { Provider } from './provider-description.ts'
import { endpointFault } from './secure-url.ts'
import type { Upstream } from './upstream.ts'

const freshFor = 3_600_000
const retryAfter = 60_000

/** Where the authorization server is spoken to. */
export interface Endpoints {
  token: string
  revocation: string | null
}

/**
 * Finds the endpoints: from the description, or from the discovery document, which is asked for once an hour, by one
 * request however many callers wait. When it cannot be had, the last good one serves, or the description's fall-back.
 *
 * @throws BffError `temporarily_unavailable` when none of them is at hand; `server_error` when the document is wrong
 */
export function createEndpoints(
  provider: Provider,
  upstream: Upstream,
  platform: Platform,
  logger: Logger,
): () => Promise<Endpoints> {
  const { token } = provider
  const revocation = provider.revocation?.url ?? null
  if ('url' in token) {
    const fixed = { token: token.url, revocation }
    return async () => fixed
  }
  const lastResort = token.fallbackUrl === undefined ? null : { token: token.fallbackUrl, revocation }
  let known: Endpoints | null = lastResort
  let freshUntil = 0
  let asking: Promise<Endpoints> | null = null

  return async () => {
    if (known && platform.now() < freshUntil) return known
    asking ??= renew(token).finally(() => (asking = null))
    return asking
  }

  async function renew(source: Discovered): Promise<Endpoints> {
    try {
      known = await discover(source)
      freshUntil = platform.now() + freshFor
      return known
    } catch (error) {
      if (!(error instanceof BffError) || !known) throw error
      logger.warn(`Discovery failed, the last known endpoints serve meanwhile: ${told(error)}`)
      freshUntil = platform.now() + retryAfter
      return known
    }
  }

  async function discover(source: Discovered): Promise<Endpoints> {
    const { issuer, exact } = expectedIssuer(source)
    const response = await discoveryRequest(new URL(issuer), {
      algorithm: source.flavour === 'oidc' ? 'oidc' : 'oauth2',
      [allowInsecureRequests]: true,
      [customFetch]: async (url) => {
        const address = wellKnown.test(source.discovery) ? source.discovery : url
        const answer = await upstream.send(address, { headers: { Accept: 'application/json' } })
        if ('why' in answer) throw unavailable(answer.why)
        if (answer.status !== 200) throw unavailable(`the answer has status ${answer.status}`)
        return new Response(answer.text, { headers: { 'Content-Type': 'application/json' } })
      },
    })
    const named: unknown = Object(
      await response
        .clone()
        .json()
        .catch(() => null),
    ).issuer
    if (typeof named !== 'string' || !URL.canParse(named))
      throw unavailable('the answer is no discovery document')
    if (named !== issuer && (exact || named !== `${issuer}/`))
      throw wrong(
        `it names the issuer ${JSON.stringify(named)}, which must be ${JSON.stringify(issuer)} to the letter`,
      )
    const metadata = await processDiscoveryResponse(new URL(named), response)
    const { token_endpoint: found, revocation_endpoint: revoke } = metadata
    const fault = typeof found === 'string' ? endpointFault(found) : 'is missing'
    if (typeof found !== 'string' || fault !== null) throw wrong(`its token_endpoint ${fault}`)
    const usable = typeof revoke === 'string' && endpointFault(revoke) === null ? tidy(revoke) : null
    return { token: tidy(found), revocation: revocation ?? usable }
  }
}

type Discovered = Extract<Provider['token'], { discovery: string }>

const wellKnown = /\/\.well-known\/(openid-configuration|oauth-authorization-server)/

/** The configured issuer, to the letter; or what the document's address says, where a slash at the end is not seen. */
function expectedIssuer({ issuer, discovery }: Discovered): { issuer: string; exact: boolean } {
  if (issuer !== undefined) return { issuer, exact: true }
  return wellKnown.test(discovery)
    ? { issuer: discovery.replace(wellKnown, '').replace(/\/$/, ''), exact: false }
    : { issuer: discovery, exact: true }
}

/** Some servers put a slash too many between their address and the path. */
function tidy(url: string): string {
  const own = new URL(url)
  own.pathname = own.pathname.replaceAll(/\/{2,}/g, '/')
  return own.href
}

function wrong(fault: string): BffError {
  return new BffError('server_error', 'The discovery document cannot be used', {
    status: 502,
    hint: `the discovery document cannot be used: ${fault}`,
  })
}

function unavailable(why: string): BffError {
  return new BffError('temporarily_unavailable', 'The authorization server cannot be reached', {
    retryAfter: 5,
    hint: `the discovery document cannot be had: ${why}`,
  })
}
