import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { diagnosis } from '#diagnosis'
import { AuthError, createNoPageError } from './errors.ts'
import type { Platform } from './platform.ts'
import { combineSignals } from './platform.ts'
import type { AccessToken } from './token.ts'
import type { WithToken } from './with-token.ts'

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
  // Nothing in the page can change its own origin, whereas a <base> element changes the target of a relative URL.
  const pageOrigin = platform.location?.origin

  const authorizedFetch: typeof globalThis.fetch = async (input, init) => {
    // Its members cannot be copied: the method and the body would be lost.
    if (init instanceof Request) return authorizedFetch(new Request(input, init))
    if (!platform.document) throw createNoPageError()
    const request = input instanceof Request ? input : undefined
    const callerHeaders = init?.headers ?? request?.headers
    // A plain object, because `Headers` costs more than the rest of a call. The names are lower case.
    const headers: Record<string, string> = callerHeaders
      ? Object.fromEntries(new Headers(callerHeaders))
      : {}
    const { baseURI } = platform.document
    const url = request?.url ?? (input as string | URL)
    // It has the origin of the page, but no server.
    if (/^blob:/i.test(url as string)) return platform.fetch(input, init)
    // A shortcut for most requests. Not for tabs, which browsers ignore, and backslashes, which they read as slashes.
    const isOwnPath = ownPathPattern.test(url as string) && baseURI.startsWith(`${pageOrigin}/`)
    const origin = isOwnPath ? pageOrigin : new URL(url, baseURI).origin
    const isOwnOrigin = origin === pageOrigin
    const isAllowed = isOwnOrigin || allowedOrigins.includes(origin)
    const hasAuthorization = 'authorization' in headers
    if (!isAllowed && !hasAuthorization) diagnosis?.reportOriginNotAllowed(platform, origin)
    if (!isAllowed || hasAuthorization) return platform.fetch(input, init)

    // The BFF's proxy routes require the header for every method but GET and HEAD. Reads omit it, because with it a
    // redirect to another origin (for example a download from a storage service) would need a preflight.
    const method = init?.method ?? request?.method ?? 'GET'
    if (isOwnOrigin && !/^(get|head)$/i.test(method)) headers[csrfHeader] = csrfHeaderValue

    const signal = init?.signal ?? request?.signal
    const retryInput = cloneForRetry(input, init)
    // A caller that cancels the body of its request waits until the clone is cancelled too.
    const cancelRetry = (reason: unknown): never => {
      if (retryInput instanceof Request) retryInput.body?.cancel().catch(() => {})
      throw reason
    }
    let sentToken: AccessToken | undefined
    let firstSessionSignal: AbortSignal | undefined
    const send = (target: RequestInfo | URL) => (token: AccessToken, sessionSignal: AbortSignal) => {
      sentToken = token
      firstSessionSignal ??= sessionSignal
      if (token.access_token) headers['authorization'] = `${token.token_type} ${token.access_token}`
      else if (isOwnOrigin) headers[csrfHeader] = csrfHeaderValue
      return platform.fetch(target, { ...init, headers, signal: combineSignals(sessionSignal, signal) })
    }

    const first = await withToken(send(input), signal).catch(cancelRetry)
    if (!(await rejectsToken(first))) return first
    // Without a token the BFF has repeated the request already.
    const repeatedInput = sentToken?.access_token && retryInput
    // Nobody reads it, and the refresh may need its connection.
    if (repeatedInput) void first.body?.cancel().catch(() => {})
    const second = withToken(
      (token, sessionSignal) => {
        // The request belongs to the session of its first send: another session may be another user's.
        firstSessionSignal?.throwIfAborted()
        return repeatedInput ? send(repeatedInput)(token, sessionSignal) : first
      },
      signal,
      sentToken,
    )
    // Without a retry, only the next request needs the refresh: its failure must not reject this one.
    return second.catch(retryInput ? cancelRetry : () => first)
  }
  return authorizedFetch
}

/** A path with one slash at its beginning, of visible ASCII without a backslash. */
const ownPathPattern = /^\/(?!\/)[!-[\]-~]*$/

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
 * Whether a response rejects the token: a 401, unless all errors of the challenges in `WWW-Authenticate` are
 * `insufficient_scope`, which a newer token cannot fix.
 *
 * @see RFC 6750 §3.1
 */
export function isTokenRejected({ status, headers }: Response): boolean {
  if (status !== 401) return false
  const errors = [...(headers.get('www-authenticate') ?? '').matchAll(challengeErrorPattern)].flatMap(
    ([, error]) => error ?? [],
  )
  return !(errors.length && errors.every((error) => error === 'insufficient_scope'))
}

/** The parameter `error` of a challenge; or any other quoted string, which may contain one (RFC 9110 §11.6.1). */
const challengeErrorPattern = /(?:^|[\s,])error\s*=\s*"?(\w+)"?(?=[\s,]|$)|"(?:[^"\\]|\\.)*"/gi

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
