import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { diagnosis } from '#diagnosis'
import { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'
import { combineSignals } from './platform.ts'
import type { AccessToken } from './token.ts'

/**
 * Calls back with a token once there is one, newer than the rejected one if that can be had, and with
 * the signal that aborts when its session ends. Between the choice and the use nothing else happens, so
 * that no token is used after its session.
 */
export type WithToken = <T>(
  use: (token: AccessToken, session: AbortSignal) => T,
  signal?: AbortSignal | null,
  rejected?: AccessToken | null,
) => Promise<Awaited<T>>

/**
 * A `fetch` that sends the session's token to the page's own origin and to the allowed ones, and to
 * nobody else. A request that brings its own `Authorization` goes out as it is.
 *
 * After an answer that rejects the token (`rejectsToken`) it asks for a newer one and sends once more; the
 * second answer is the caller's. When the body was a stream, which cannot be sent twice, the first one is.
 *
 * Rejects with `AuthError` when nobody is signed in or no token can be had, and with the reason of the
 * caller's own signal. Requests under way are aborted when the session ends.
 *
 * @see RFC 6750 §3.1
 */
export function createAuthorizedFetch(
  platform: Platform,
  allowedOrigins: readonly string[],
  withToken: WithToken,
  rejectsToken: (response: Response) => boolean | Promise<boolean>,
): typeof globalThis.fetch {
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined
    const headers = new Headers(init?.headers ?? request?.headers)
    // A <base> in the page may lead elsewhere: where a request goes is one thing, whose page this is another.
    const { origin } = new URL(request?.url ?? (input as string | URL), platform.document.baseURI)
    const isOwnOrigin = origin === platform.location.origin
    const isAllowed = isOwnOrigin || allowedOrigins.includes(origin)
    const hasAuthorization = headers.has('authorization')
    if (!isAllowed && !hasAuthorization) diagnosis?.originNotAllowed(platform, origin)
    if (!isAllowed || hasAuthorization) return platform.fetch(input, init)

    // The BFF's proxy routes need the header for every other method. Reads do without it, because it would turn a
    // redirect to another origin (a download from a storage) into a request that needs a preflight.
    const method = init?.method ?? request?.method ?? 'GET'
    if (isOwnOrigin && !/^(get|head)$/i.test(method)) headers.set(csrfHeader, csrfHeaderValue)

    const signal = init?.signal ?? request?.signal
    const retryInput = cloneForRetry(input, init)
    let sentToken: AccessToken | undefined
    const send = (target: RequestInfo | URL) => (token: AccessToken, session: AbortSignal) => {
      sentToken = token
      if (token.access_token) headers.set('authorization', `${token.token_type} ${token.access_token}`)
      else if (isOwnOrigin) headers.set(csrfHeader, csrfHeaderValue)
      return platform.fetch(target, { ...init, headers, signal: combineSignals(session, signal) })
    }

    const first = await withToken(send(input), signal)
    if (!(await rejectsToken(first))) return first
    const second = withToken(
      (token, session) =>
        retryInput && token.access_token !== sentToken?.access_token
          ? send(retryInput)(token, session)
          : first,
      signal,
      sentToken,
    )
    // What becomes of a refresh that only the next request profits from is not this caller's business.
    return retryInput ? second : second.catch(() => first)
  }
}

/** What to send if the first time was in vain; `undefined` when the body is a stream. */
function cloneForRetry(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): RequestInfo | URL | undefined {
  if (init?.body) return init.body instanceof ReadableStream ? undefined : input
  // Only a body is used up by sending; a browser that does not show it (`undefined`) may have one.
  return input instanceof Request && input.body !== null ? input.clone() : input
}

/**
 * Whether an answer says that the token is no good: a 401, unless its `WWW-Authenticate`, with however many challenges,
 * puts the blame on something which a newer token cannot mend. Only schemes of the OAuth family have an `error`.
 *
 * @see RFC 6750 §3.1
 */
export function isTokenRejected({ status, headers }: Response): boolean {
  // Without a header this reads "null", which puts the blame on nothing.
  return (
    status === 401 && !/\berror\s*=\s*"?insufficient_scope/i.test(headers.get('www-authenticate') as string)
  )
}

/**
 * The origin that an entry of `allow` names. Throws {@link AuthError} `invalid_request` when it is something else, for
 * example a host without a scheme.
 */
export function parseOrigin(entry: string | URL): string {
  try {
    const { href, origin } = new URL(entry)
    // Opaque origins (`localhost:8910` has the scheme "localhost") are all "null"; a path would be ignored.
    if (href === `${origin}/`) return origin
  } catch {
    // Reported below, like every other entry that is not an origin.
  }
  throw new AuthError(
    'invalid_request',
    `allow: "${entry}" is not an origin such as "https://api.example.com"`,
  )
}
