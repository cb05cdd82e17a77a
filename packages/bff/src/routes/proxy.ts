import { isAmbiguousPath } from '../proxy/request-path.ts'
import { createProxyResponse } from '../proxy/proxy-response.ts'
import { fetchUpstream } from '../proxy/fetch-upstream.ts'
import type { ProxyMatch } from '../proxy/proxy-routes.ts'
import { detectRejection } from '../proxy/token-rejection.ts'
import { filterRequestHeaders } from '../proxy/headers.ts'
import type { Provider } from '../description/provider-description.ts'
import type { ResourceAccess, RouteRequest, RouteContext } from './route-context.ts'
import { createInvalidRequestError } from './read-request.ts'

/** Longer bodies are streamed, and cannot be sent again after a refresh. */
const maxReplayableBytes = 65_536

type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null

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
): Promise<Response> {
  if (isAmbiguousPath(request.url.pathname))
    throw createInvalidRequestError('The path is ambiguous: it contains encoded separators or dot segments')
  const access = await context.getAccess(request)
  const body = await readBody(request.raw)
  const first = await forwardRequest(context, request, match, access, body)
  if (!first.rejected) return first.createResponse()

  const newAccess = await access.refreshAfterRejection().catch(async (error: unknown) => {
    await first.cancel()
    throw error
  })
  if (newAccess === null || body instanceof ReadableStream) return first.createResponse()
  await first.cancel()
  return (await forwardRequest(context, request, match, newAccess, body)).createResponse()
}

interface UpstreamResult {
  rejected: boolean
  createResponse(): Promise<Response>
  /** Discards a response that nobody reads, which would keep its connection open. */
  cancel(): Promise<void>
}

async function forwardRequest(
  { provider: { resource }, platform }: RouteContext,
  { raw, url }: RouteRequest,
  match: ProxyMatch,
  { session: { data } }: ResourceAccess,
  body: Body,
): Promise<UpstreamResult> {
  const base = data.apiBaseUrl ?? null
  const target = match.getTargetUrl(base, createQuery(url, resource.tokenPlacement, data.accessToken))
  const headers = filterRequestHeaders(raw.headers, match.requestHeaders, data.accessToken, resource)
  const init = { method: raw.method, headers, body, redirect: 'manual', duplex: 'half' } as const
  const { response, rejected } = await fetchUpstream(platform, target.host, raw.signal, async (signal) =>
    detectRejection(await platform.fetch(target.href, { ...init, signal }), resource.tokenRejection),
  )
  return {
    rejected,
    createResponse: () =>
      createProxyResponse(response, {
        target,
        resource,
        toPageUrl: (upstreamUrl) => match.toPageUrl(upstreamUrl, base),
      }),
    cancel: async () => response.body?.cancel().catch(() => {}),
  }
}

/** Returns the page's query unchanged, with the token appended for a provider that expects it there. */
function createQuery(
  { search, searchParams }: URL,
  tokenPlacement: Provider['resource']['tokenPlacement'],
  accessToken: string,
): string {
  if (!('query' in tokenPlacement)) return search
  if (searchParams.has(tokenPlacement.query))
    throw createInvalidRequestError(`The query must not contain ${tokenPlacement.query}`)
  const token = new URLSearchParams({ [tokenPlacement.query]: accessToken })
  return search === '' ? `?${token}` : `${search}&${token}`
}

/** Reads a short body whole, because many servers need its length; a long one stays a stream. */
async function readBody(request: Request): Promise<Body> {
  const length = request.headers.get('Content-Length')
  if (request.body === null || length === null || Number(length) > maxReplayableBytes) return request.body
  return new Uint8Array(
    await request.arrayBuffer().catch(() => {
      throw createInvalidRequestError('The request body ended early')
    }),
  )
}
