import { createTooLongError } from '../errors.ts'
import { isAmbiguousPath } from '../proxy/request-path.ts'
import { createProxyResponse } from '../proxy/proxy-response.ts'
import { fetchUpstream } from '../proxy/fetch-upstream.ts'
import type { ProxyMatch } from '../proxy/proxy-routes.ts'
import { detectRejection } from '../proxy/token-rejection.ts'
import { filterRequestHeaders } from '../proxy/headers.ts'
import { createWebSocketResponse, isWebSocketRequest, pickHandshakeHeaders } from '../proxy/web-socket.ts'
import { runInstrumented } from '../instrument.ts'
import type { Provider } from '../description/provider-description.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { UpstreamRequest, UpstreamResponse } from '../upstream.ts'
import type { ResourceAccess, RouteContext } from './route-context.ts'
import { createInvalidRequestError, readBody } from './read-request.ts'

/** Longer bodies are streamed, and cannot be sent again after a refresh. */
const maxReplayableBytes = 65_536
/** Until such a body must have arrived. */
const maxReplayableSeconds = 60

type Body = UpstreamRequest['body']

/**
 * Forwards a request to the resource server with the session's token in place of the cookie, and streams the response.
 *
 * When the resource server rejects the token, the session is refreshed once and the request sent once more, unless its
 * body was streamed; the page gets that second response. Redirects are not followed: a redirect to the target of a
 * route becomes a redirect to that route's path; any other becomes a 502, because the browser would send no token
 * there. A `Location` without a redirect (201) is removed when no route leads there.
 *
 * @throws BffError `login_required` without a session
 */
export async function handleProxy(
  context: RouteContext,
  request: RouteRequest,
  match: ProxyMatch,
): Promise<RouteResponse> {
  if (isAmbiguousPath(request.url.pathname))
    throw createInvalidRequestError('The path is ambiguous: it contains encoded separators or dot segments')
  const access = await context.getAccess(request)
  const body = await prepareBody(context, request, match)
  const first = await forwardRequest(context, request, match, access, body)
  if (!first.rejected) return first.createResponse()

  const newAccess = await access.refreshAfterRejection().catch((error: unknown) => {
    first.cancel()
    throw error
  })
  const canRepeat = body === null || body instanceof Uint8Array
  if (newAccess === null || !canRepeat) return first.createResponse()
  first.cancel()
  return (await forwardRequest(context, request, match, newAccess, body)).createResponse()
}

interface UpstreamResult {
  rejected: boolean
  createResponse(): RouteResponse
  /** Discards a response that nobody reads, which would keep its connection open. */
  cancel(): void
}

async function forwardRequest(
  { provider: { resource }, platform, instrument, logger, openStreams }: RouteContext,
  client: RouteRequest,
  match: ProxyMatch,
  { session: { data }, owner }: ResourceAccess,
  body: Body,
): Promise<UpstreamResult> {
  const base = data.apiBaseUrl ?? null
  const query = createQuery(client.url.search, resource.tokenPlacement, data.accessToken)
  const target = match.getTarget(base, query)
  const headers = filterRequestHeaders(client, match.requestHeaders, data.accessToken, resource)
  const isWebSocket = isWebSocketRequest(client)
  const exchange = (): Promise<{ response: UpstreamResponse; rejected: boolean }> =>
    fetchUpstream(
      { platform, logger, client, openStreams, owner, host: target.host, limits: match },
      {
        origin: target.origin,
        path: target.path,
        method: client.method,
        headers: isWebSocket ? { ...headers, ...pickHandshakeHeaders(client) } : headers,
        ...(isWebSocket && { upgrade: 'websocket' }),
        body,
        contentLength: client.body?.length ?? null,
      },
      (upstream) => detectRejection(upstream, resource.tokenRejection),
    )
  const { response, rejected } = instrument
    ? await runInstrumented(instrument, { name: 'proxy_request', route: match.route }, async (end) => {
        const result = await exchange()
        end(`${Math.floor(result.response.status / 100)}xx`)
        return result
      })
    : await exchange()
  const toPageUrl = (url: URL): string | null => match.toPageUrl(url, base)
  return {
    rejected,
    createResponse: () =>
      response.connection
        ? createWebSocketResponse(response.headers, response.connection, target.host)
        : createProxyResponse(response, { target, resource, toPageUrl }),
    cancel: () => response.body?.cancel(),
  }
}

/** Returns the page's query unchanged, with the token appended for a provider that expects it there. */
function createQuery(
  search: string,
  tokenPlacement: Provider['resource']['tokenPlacement'],
  accessToken: string,
): string {
  if (!('query' in tokenPlacement)) return search
  if (new URLSearchParams(search).has(tokenPlacement.query))
    throw createInvalidRequestError(`The query must not contain ${tokenPlacement.query}`)
  const token = new URLSearchParams({ [tokenPlacement.query]: accessToken })
  return search === '' ? `?${token}` : `${search}&${token}`
}

/** Reads a short body whole, because many servers need its length; a long one stays a stream. */
function prepareBody(
  { platform }: RouteContext,
  { body }: RouteRequest,
  { maxRequestBytes }: ProxyMatch,
): Body | Promise<Body> {
  if (body === null) return null
  if (body.length !== null && body.length > maxRequestBytes) throw createTooLongError(maxRequestBytes)
  if (body.length === null || body.length > maxReplayableBytes) return body.stream()
  return readBody(platform, body, maxReplayableBytes, maxReplayableSeconds)
}
