import { isAmbiguous } from '../proxy/ambiguous-path.ts'
import { answerFrom } from '../proxy/proxy-response.ts'
import { exchange } from '../proxy/fetch-upstream.ts'
import type { Passage } from '../proxy/proxy-routes.ts'
import { judged } from '../proxy/token-rejection.ts'
import { requestHeaders } from '../proxy/headers.ts'
import type { Provider } from '../description/provider-description.ts'
import type { Access, Call, House } from './route-context.ts'
import { invalid } from './read-request.ts'

/** Bytes up to which a body of known length is read before it is sent, so that it can be sent once more. */
const shortBody = 65_536

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
export async function proxy(house: House, call: Call, passage: Passage): Promise<Response> {
  if (isAmbiguous(call.url.pathname)) throw invalid('The path can be read in more than one way')
  const access = await house.access(call)
  const body = await bodyOf(call.request)
  const first = await ask(house, call, passage, access, body)
  if (!first.rejected) return first.answer()

  const next = await access.renewed().catch(async (error: unknown) => {
    await first.dismiss()
    throw error
  })
  if (next === null || body instanceof ReadableStream) return first.answer()
  await first.dismiss()
  return (await ask(house, call, passage, next, body)).answer()
}

interface Asked {
  rejected: boolean
  answer(): Promise<Response>
  /** Lets go of an answer that nobody reads: it would keep a connection. */
  dismiss(): Promise<void>
}

async function ask(
  { provider: { resource }, platform }: House,
  { request, url }: Call,
  passage: Passage,
  { session: { data } }: Access,
  body: Body,
): Promise<Asked> {
  const base = data.base ?? null
  const target = passage.target(base, queryWith(url, resource.attach, data.accessToken))
  const headers = requestHeaders(request.headers, data.accessToken, resource)
  const init = { method: request.method, headers, body, redirect: 'manual', duplex: 'half' } as const
  const { response, rejected } = await exchange(platform, target.host, request.signal, async (signal) =>
    judged(await platform.fetch(target.href, { ...init, signal }), resource.unauthorized),
  )
  return {
    rejected,
    answer: () =>
      answerFrom(response, {
        target,
        resource,
        pageAddress: (address) => passage.pageAddress(address, base),
      }),
    dismiss: async () => response.body?.cancel().catch(() => {}),
  }
}

/** The page's query as it was sent, with the token where this provider wants it there. */
function queryWith(
  { search, searchParams }: URL,
  attach: Provider['resource']['attach'],
  accessToken: string,
): string {
  if (!('query' in attach)) return search
  if (searchParams.has(attach.query)) throw invalid(`The query must not hold ${attach.query}`)
  const own = new URLSearchParams({ [attach.query]: accessToken })
  return search === '' ? `?${own}` : `${search}&${own}`
}

/** What to send: a short body whole, because many servers want its length beforehand. */
async function bodyOf(request: Request): Promise<Body> {
  const length = request.headers.get('Content-Length')
  if (request.body === null || length === null || Number(length) > shortBody) return request.body
  return new Uint8Array(
    await request.arrayBuffer().catch(() => {
      throw invalid('The body broke off')
    }),
  )
}
