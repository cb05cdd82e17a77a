import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { diagnosis } from '#diagnosis'
import { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'
import { combineSignals } from './platform.ts'
import type { AccessToken } from './token.ts'

/**
 * Waits for a token and calls `use` with it and with the signal that aborts when its session ends. It calls `use`
 * synchronously after choosing the token, so that a token is never used after its session.
 *
 * @param rejectedToken a token that the API rejected; a newer one is fetched when the session can get one
 */
export type WithToken = <T>(
  use: (token: AccessToken, sessionSignal: AbortSignal) => T,
  signal?: AbortSignal | null,
  rejectedToken?: AccessToken | null,
) => Promise<Awaited<T>>

/**
 * Creates a `fetch` that sends the session's token to the page's own origin and the allowed origins only. A request
 * with its own `Authorization` header is sent unchanged.
 *
 * If the response rejects the token (`rejectsToken`), it fetches a newer token and repeats the request once; the caller
 * gets the second response. A request whose body is a stream cannot be repeated: the caller gets the first response.
 *
 * It rejects with an `AuthError` when no user is signed in or no token can be fetched, and with the reason of the
 * caller's signal when that aborts. Pending requests are aborted when the session ends.
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
    // A <base> element may change the target of a relative URL, but not the page's own origin.
    const { origin } = new URL(request?.url ?? (input as string | URL), platform.document.baseURI)
    const isOwnOrigin = origin === platform.location.origin
    const isAllowed = isOwnOrigin || allowedOrigins.includes(origin)
    const hasAuthorization = headers.has('authorization')
    if (!isAllowed && !hasAuthorization) diagnosis?.reportOriginNotAllowed(platform, origin)
    if (!isAllowed || hasAuthorization) return platform.fetch(input, init)

    // The BFF's proxy routes require the header for every method but GET and HEAD. Reads omit it, because with it a
    // redirect to another origin (for example a download from a storage service) would need a preflight.
    const method = init?.method ?? request?.method ?? 'GET'
    if (isOwnOrigin && !/^(get|head)$/i.test(method)) headers.set(csrfHeader, csrfHeaderValue)

    const signal = init?.signal ?? request?.signal
    const retryInput = cloneForRetry(input, init)
    let sentToken: AccessToken | undefined
    const send = (target: RequestInfo | URL) => (token: AccessToken, sessionSignal: AbortSignal) => {
      sentToken = token
      if (token.access_token) headers.set('authorization', `${token.token_type} ${token.access_token}`)
      else if (isOwnOrigin) headers.set(csrfHeader, csrfHeaderValue)
      return platform.fetch(target, { ...init, headers, signal: combineSignals(sessionSignal, signal) })
    }

    const first = await withToken(send(input), signal).catch((error: unknown) => {
      // A caller that cancels the body of its request waits until the clone is cancelled too.
      if (retryInput instanceof Request) void retryInput.body?.cancel()
      throw error
    })
    if (!(await rejectsToken(first))) return first
    const second = withToken(
      (token, sessionSignal) =>
        retryInput && token.access_token !== sentToken?.access_token
          ? send(retryInput)(token, sessionSignal)
          : first,
      signal,
      sentToken,
    )
    // Without a retry, only the next request needs the refresh: its failure must not reject this one.
    return retryInput ? second : second.catch(() => first)
  }
}

/** Returns the input for a second send; `undefined` when the body is a stream, which can be sent only once. */
function cloneForRetry(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): RequestInfo | URL | undefined {
  if (init?.body) return init.body instanceof ReadableStream ? undefined : input
  // Only a body is consumed by sending. In browsers without `Request.body` it is undefined and may be there.
  return input instanceof Request && input.body !== null ? input.clone() : input
}

/**
 * Whether a response rejects the token: a 401, unless a challenge in `WWW-Authenticate` has the error
 * `insufficient_scope`, which a newer token cannot fix.
 *
 * @see RFC 6750 §3.1
 */
export function isTokenRejected({ status, headers }: Response): boolean {
  // Without a header this tests "null", which does not match.
  return (
    status === 401 && !/\berror\s*=\s*"?insufficient_scope/i.test(headers.get('www-authenticate') as string)
  )
}

/**
 * Parses an entry of `allow`.
 *
 * @throws {AuthError} `invalid_request` when the entry is not an origin, for example a host without a scheme
 */
export function parseOrigin(entry: string | URL): string {
  try {
    const { href, origin } = new URL(entry)
    // Rejects opaque origins, which are all "null" (`localhost:8910` has the scheme "localhost"), and paths.
    if (href === `${origin}/`) return origin
  } catch {
    // Throws below, as for every other entry that is not an origin.
  }
  throw new AuthError(
    'invalid_request',
    `allow: "${entry}" is not an origin such as "https://api.example.com"`,
  )
}
