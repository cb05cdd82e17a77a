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

/** The URLs of the authorization server. */
export interface Endpoints {
  token: string
  /** `null` when neither the description nor the document names one. */
  revocation: string | null
  /** The discovery document; `null` without one. */
  metadata: Metadata | null
}

/**
 * Creates a function that returns the endpoints, from the description or from the discovery document. The document is
 * fetched once an hour, by one request for all waiting callers. When that fails, the last valid document or the
 * description's `fallbackUrl` is used.
 *
 * @throws BffError the returned function throws `temporarily_unavailable` when there is none of them, `server_error`
 *   when the document is invalid
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
  let hasWarned = false
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
      logger.warn(
        `Discovery failed: ${describeError(error)}. Using the last known endpoints; next attempt in ${retryDelayMs / 1000} s.`,
      )
      freshUntil = platform.now() + retryDelayMs
      return lastEndpoints
    }
  }

  async function discover(source: DiscoverySource): Promise<Endpoints> {
    const { issuer, exact } = getExpectedIssuer(source)
    const response = await discoveryRequest(new URL(source.discovery), {
      algorithm: source.flavour === 'oidc' ? 'oidc' : 'oauth2',
      [allowInsecureRequests]: true,
      [customFetch]: async (url) => {
        const received = await fetchDocument(wellKnown.test(source.discovery) ? source.discovery : url)
        if ('hint' in received) throw createUnavailableError(received.hint)
        if (received.status !== 200)
          throw createUnavailableError(`the server responded with ${received.status}`)
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
      throw createUnavailableError('the response is not a discovery document')
    if (named !== issuer && (exact || named !== `${issuer}/`))
      throw createInvalidDocumentError(
        `it names the issuer ${JSON.stringify(named)}. Expected: exactly ${JSON.stringify(issuer)}`,
      )
    const metadata = await processDiscoveryResponse(new URL(named), response)
    const {
      token_endpoint: tokenUrl,
      revocation_endpoint: revocationUrl,
      jwks_uri: keysUrl,
      ...others
    } = metadata
    const issue = typeof tokenUrl === 'string' ? validateDiscoveredUrl(tokenUrl, source) : 'is missing'
    if (typeof tokenUrl !== 'string' || issue !== null)
      throw createInvalidDocumentError(`its token_endpoint ${issue}`)
    const isUsable = (url: unknown): url is string =>
      typeof url === 'string' && validateDiscoveredUrl(url, source) === null
    warnOfUnlistedGrant(metadata)
    return {
      token: collapseSlashes(tokenUrl),
      revocation: revocation ?? (isUsable(revocationUrl) ? collapseSlashes(revocationUrl) : null),
      metadata: { ...others, ...(isUsable(keysUrl) && { jwks_uri: collapseSlashes(keysUrl) }) },
    }
  }

  /** Some servers, such as Django's, serve the document only at an address that ends in a slash. */
  async function fetchDocument(url: string): ReturnType<HttpClient['send']> {
    const headers = { Accept: 'application/json' }
    const response = await httpClient.send(url, { headers })
    const isElsewhere =
      'status' in response && (response.status === 404 || (response.status >= 300 && response.status < 400))
    return isElsewhere && !/[/]$|[?]/.test(url) ? httpClient.send(`${url}/`, { headers }) : response
  }

  /** Many documents leave out grants that the server supports (RFC 8414 §2), so this is only a warning. */
  function warnOfUnlistedGrant({
    grant_types_supported: listed = ['authorization_code', 'implicit'],
  }: Metadata): void {
    const { grantType = provider.signInGrant } = getGrant(provider, provider.signInGrant)
    // The library does not check the type of this member.
    if (hasWarned || !Array.isArray(listed) || listed.includes(grantType)) return
    hasWarned = true
    logger.warn(
      `The discovery document does not list the grant ${grantType}. Latchkey uses it anyway; ` +
        'if sign-ins fail, allow it for this client at the authorization server.',
    )
  }
}

type DiscoverySource = Extract<Provider['token'], { discovery: string }>

const wellKnown = /\/\.well-known\/(openid-configuration|oauth-authorization-server)/

/**
 * Returns the issuer that the document must name: exactly the configured one, or the one that follows from the
 * document's URL, where a slash at the end does not matter.
 */
function getExpectedIssuer({ issuer, discovery }: DiscoverySource): { issuer: string; exact: boolean } {
  if (issuer !== undefined) return { issuer, exact: true }
  return wellKnown.test(discovery)
    ? { issuer: discovery.replace(wellKnown, '').replace(/\/$/, ''), exact: false }
    : { issuer: discovery, exact: true }
}

/** A document from another machine must not send requests with secrets to this one. */
function validateDiscoveredUrl(url: string, { discovery, hosts }: DiscoverySource): string | null {
  const issue = validateEndpointUrl(url)
  if (issue !== null) return issue
  if (hosts && !hosts.includes(new URL(url).host)) return 'is on a host that token.hosts does not list'
  const pointsInside = isThisMachine(new URL(url).hostname) && !isThisMachine(new URL(discovery).hostname)
  return pointsInside ? 'is on a loopback host, but the document is not' : null
}

/** Whether a host is a loopback host, also as the unspecified address, as IPv4 in IPv6 or with a dot at the end. */
function isThisMachine(hostname: string): boolean {
  return (
    isLoopbackHost(hostname.replace(/\.$/, '')) || /^(0\.0\.0\.0|\[::(ffff:(7f..:|0:).*)?\])$/.test(hostname)
  )
}

/** Some servers write two slashes between their host and the path. */
function collapseSlashes(text: string): string {
  const url = new URL(text)
  url.pathname = url.pathname.replaceAll(/\/{2,}/g, '/')
  return url.href
}

function createInvalidDocumentError(issue: string): BffError {
  return new BffError('server_error', 'The discovery document cannot be used', {
    status: 502,
    hint: `the discovery document cannot be used: ${issue}`,
  })
}

function createUnavailableError(reason: string): BffError {
  return new BffError('temporarily_unavailable', 'The authorization server cannot be reached', {
    retryAfter: 5,
    hint: `the discovery document could not be fetched: ${reason}`,
  })
}
