import { allowInsecureRequests, customFetch, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi'
import type { AuthorizationServer as Metadata } from 'oauth4webapi'
import { BffError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import { validateEndpointUrl, isLoopbackHost } from '../endpoint-url.ts'
import type { HttpClient } from './http-client.ts'

const documentMaxAgeMs = 3_600_000
const retryDelayMs = 60_000

/** Where the authorization server is spoken to. */
export interface Endpoints {
  token: string
  revocation: string | null
  /** What the discovery document says; `null` without one. */
  metadata: Metadata | null
}

/**
 * Finds the endpoints: from the description, or from the discovery document, which is asked for once an hour, by one
 * request however many callers wait. When it cannot be had, the last good one serves, or the description's fall-back.
 *
 * @throws BffError `temporarily_unavailable` when none of them is at hand; `server_error` when the document is wrong
 */
export function createEndpointResolver(
  provider: Provider,
  httpClient: HttpClient,
  platform: Platform,
  logger: Logger,
): () => Promise<Endpoints> {
  const { token } = provider
  const revocation = provider.revocation?.url ?? null
  if ('url' in token) {
    const fixed = { token: token.url, revocation, metadata: null }
    return async () => fixed
  }
  const { fallbackUrl } = token
  const lastResort = fallbackUrl === undefined ? null : { token: fallbackUrl, revocation, metadata: null }
  let lastEndpoints: Endpoints | null = lastResort
  let freshUntil = 0
  let warned = false
  let pendingDiscovery: Promise<Endpoints> | null = null

  return async () => {
    if (lastEndpoints && platform.now() < freshUntil) return lastEndpoints
    pendingDiscovery ??= rediscover(token).finally(() => (pendingDiscovery = null))
    return pendingDiscovery
  }

  async function rediscover(source: DiscoverySource): Promise<Endpoints> {
    try {
      lastEndpoints = await discover(source)
      freshUntil = platform.now() + documentMaxAgeMs
      return lastEndpoints
    } catch (error) {
      if (!(error instanceof BffError) || !lastEndpoints) throw error
      logger.warn(`Discovery failed, the last known endpoints serve meanwhile: ${describeError(error)}`)
      freshUntil = platform.now() + retryDelayMs
      return lastEndpoints
    }
  }

  async function discover(source: DiscoverySource): Promise<Endpoints> {
    const { issuer, exact } = expectedIssuer(source)
    const response = await discoveryRequest(new URL(source.discovery), {
      algorithm: source.flavour === 'oidc' ? 'oidc' : 'oauth2',
      [allowInsecureRequests]: true,
      [customFetch]: async (url) => {
        const address = wellKnown.test(source.discovery) ? source.discovery : url
        const received = await httpClient.send(address, { headers: { Accept: 'application/json' } })
        if ('hint' in received) throw createUnavailableError(received.hint)
        if (received.status !== 200) throw createUnavailableError(`the answer has status ${received.status}`)
        return new Response(received.text, { headers: { 'Content-Type': 'application/json' } })
      },
    })
    const named: unknown = Object(
      await response
        .clone()
        .json()
        .catch(() => null),
    ).issuer
    if (typeof named !== 'string' || !URL.canParse(named))
      throw createUnavailableError('the answer is no discovery document')
    if (named !== issuer && (exact || named !== `${issuer}/`))
      throw createInvalidDocumentError(
        `it names the issuer ${JSON.stringify(named)}, which must be ${JSON.stringify(issuer)} to the letter`,
      )
    const metadata = await processDiscoveryResponse(new URL(named), response)
    const { token_endpoint: found, revocation_endpoint: revoke, jwks_uri: keys } = metadata
    const fault = typeof found === 'string' ? validateDiscoveredUrl(found, source) : 'is missing'
    if (typeof found !== 'string' || fault !== null)
      throw createInvalidDocumentError(`its token_endpoint ${fault}`)
    const usable = (url: unknown): url is string =>
      typeof url === 'string' && validateDiscoveredUrl(url, source) === null
    warnOfGrant(metadata)
    const { jwks_uri: _keys, ...rest } = metadata
    return {
      token: collapseSlashes(found),
      revocation: revocation ?? (usable(revoke) ? collapseSlashes(revoke) : null),
      metadata: { ...rest, ...(usable(keys) && { jwks_uri: collapseSlashes(keys) }) },
    }
  }

  /** Documents often leave out grants that the server knows, so that this is no reason to give up. RFC 8414 §2. */
  function warnOfGrant({
    grant_types_supported: named = ['authorization_code', 'implicit'],
  }: Metadata): void {
    const { grantType = provider.signInGrant } = getGrant(provider, provider.signInGrant)
    // Nobody has checked what kind of value the document has there.
    if (warned || !Array.isArray(named) || named.includes(grantType)) return
    warned = true
    logger.warn(`The discovery document does not name the grant ${grantType}; it is tried all the same`)
  }
}

type DiscoverySource = Extract<Provider['token'], { discovery: string }>

const wellKnown = /\/\.well-known\/(openid-configuration|oauth-authorization-server)/

/** The configured issuer, to the letter; or what the document's address says, where a slash at the end is not seen. */
function expectedIssuer({ issuer, discovery }: DiscoverySource): { issuer: string; exact: boolean } {
  if (issuer !== undefined) return { issuer, exact: true }
  return wellKnown.test(discovery)
    ? { issuer: discovery.replace(wellKnown, '').replace(/\/$/, ''), exact: false }
    : { issuer: discovery, exact: true }
}

/** A document from elsewhere must not send requests with secrets into this machine. */
function validateDiscoveredUrl(url: string, { discovery, hosts }: DiscoverySource): string | null {
  const fault = validateEndpointUrl(url)
  if (fault !== null) return fault
  if (hosts && !hosts.includes(new URL(url).host)) return 'is at a host that token.hosts does not name'
  const inside = isOwnHost(new URL(url).hostname) && !isOwnHost(new URL(discovery).hostname)
  return inside ? 'must not be on a loopback host, since the document is not' : null
}

/** The loopback hosts, and what else leads to them: no address at all, IPv4 within IPv6, and a dot at the end. */
function isOwnHost(hostname: string): boolean {
  return (
    isLoopbackHost(hostname.replace(/\.$/, '')) || /^(0\.0\.0\.0|\[::(ffff:(7f..:|0:).*)?\])$/.test(hostname)
  )
}

/** Some servers put a slash too many between their address and the path. */
function collapseSlashes(url: string): string {
  const own = new URL(url)
  own.pathname = own.pathname.replaceAll(/\/{2,}/g, '/')
  return own.href
}

function createInvalidDocumentError(fault: string): BffError {
  return new BffError('server_error', 'The discovery document cannot be used', {
    status: 502,
    hint: `the discovery document cannot be used: ${fault}`,
  })
}

function createUnavailableError(hint: string): BffError {
  return new BffError('temporarily_unavailable', 'The authorization server cannot be reached', {
    retryAfter: 5,
    hint: `the discovery document cannot be had: ${hint}`,
  })
}
