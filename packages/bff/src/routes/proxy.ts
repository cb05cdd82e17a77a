import { isAmbiguousPath } from '../proxy/ambiguous-path.ts'
import { createProxyResponse } from '../proxy/proxy-response.ts'
import { fetchUpstream } from '../proxy/fetch-upstream.ts'
import type { ProxyMatch } from '../proxy/proxy-routes.ts'
import { detectRejection } from '../proxy/token-rejection.ts'
import { filterRequestHeaders } from '../proxy/headers.ts'
import type { Provider } from '../description/provider-description.ts'
import type { ResourceAccess, RouteRequest, RouteContext } from './route-context.ts'
import { createInvalidRequestError } from './read-request.ts'

/** Bytes up to which a body of known length is read before it is sent, so that it can be sent once more. */
const maxReplayableBytes = 65_536

type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null

/**
 * Any method at a path of the proxy: the page's request with the session's token in place of its cookie, and the
 * resource server's answer, both streamed.
 *
 * An answer that rejects the token brings one refresh and, unless the body was streamed, one more try, whose answer is
 * the page's whatever it is. Redirects are not followed: one that leads to where a route leads becomes one to that
 * route's path; any other becomes a 502, because the browser would arrive there without a token. A `Location` that is no
 * redirect (201) is left out when the page cannot use it.
 */
export async function handleProxy(
  context: RouteContext,
  request: RouteRequest,
  match: ProxyMatch,
): Promise<Response> {
  if (isAmbiguousPath(request.url.pathname))
    throw createInvalidRequestError('The path can be read in more than one way')
  const access = await context.getAccess(request)
  const body = await readBody(request.raw)
  const first = await forwardRequest(context, request, match, access, body)
  if (!first.rejected) return first.createResponse()

  const next = await access.refreshAfterRejection().catch(async (error: unknown) => {
    await first.cancel()
    throw error
  })
  if (next === null || body instanceof ReadableStream) return first.createResponse()
  await first.cancel()
  return (await forwardRequest(context, request, match, next, body)).createResponse()
}

interface UpstreamResult {
  rejected: boolean
  createResponse(): Promise<Response>
  /** Lets go of an answer that nobody reads: it would keep a connection. */
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
  const headers = filterRequestHeaders(raw.headers, data.accessToken, resource)
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
        pageUrl: (address) => match.toPageUrl(address, base),
      }),
    cancel: async () => response.body?.cancel().catch(() => {}),
  }
}

/** The page's query as it was sent, with the token where this provider wants it there. */
function createQuery(
  { search, searchParams }: URL,
  tokenPlacement: Provider['resource']['tokenPlacement'],
  accessToken: string,
): string {
  if (!('query' in tokenPlacement)) return search
  if (searchParams.has(tokenPlacement.query))
    throw createInvalidRequestError(`The query must not hold ${tokenPlacement.query}`)
  const own = new URLSearchParams({ [tokenPlacement.query]: accessToken })
  return search === '' ? `?${own}` : `${search}&${own}`
}

/** What to send: a short body whole, because many servers want its length beforehand. */
async function readBody(request: Request): Promise<Body> {
  const length = request.headers.get('Content-Length')
  if (request.body === null || length === null || Number(length) > maxReplayableBytes) return request.body
  return new Uint8Array(
    await request.arrayBuffer().catch(() => {
      throw createInvalidRequestError('The body broke off')
    }),
  )
}
