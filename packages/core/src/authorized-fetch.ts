import { bearerError } from './challenge.ts'
import type { Platform } from './platform.ts'

/** A header that speaks for a session. */
export interface Credential {
  readonly header: string
  readonly value: string
  /** Which of the session's tokens it is; 0 when a cookie does the work. */
  readonly sequence: number
}

/** What an authorized fetch needs to know of the session. */
export interface CredentialSource {
  /** The credential if one can be sent at once. */
  readonly fresh: () => Credential | null
  /** The credential once there is one; better than the rejected one, if that can be had. */
  readonly obtain: (signal: AbortSignal | null | undefined, rejected?: Credential) => Promise<Credential>
  /** Aborts when the session of now ends. */
  readonly sessionSignal: () => AbortSignal
}

/**
 * A `fetch` that sends the session's credential to the page's own origin and to the allowed ones, and
 * to nobody else. A request that brings its own `Authorization` goes out as it is.
 *
 * After a 401 it asks for a newer credential and sends once more; the second answer is the caller's. It
 * does not when the resource server says that another reason than the token is at fault, or when the
 * body was a stream, which cannot be sent twice: then the 401 is the caller's.
 *
 * Rejects with `AuthError` when nobody is signed in or no token can be had, and with the reason of the
 * caller's own signal. Requests under way are aborted when the session ends.
 *
 * @see RFC 6750 §3.1
 */
export function createAuthorizedFetch(
  platform: Platform,
  allowed: readonly string[],
  source: CredentialSource,
): typeof globalThis.fetch {
  const mayReceive = (address: string): boolean => {
    // The common case, without parsing. `//host`, `/\host` and `/<tab>/host` leave the origin.
    if (/^\/(?![/\\\s])/.test(address)) return true
    try {
      const page = new URL(platform.address())
      const { origin } = new URL(address, page)
      return origin === page.origin || allowed.includes(origin)
    } catch {
      return false
    }
  }

  return async (input, init) => {
    const request = isRequest(input) ? input : undefined
    const given = init?.headers ?? request?.headers
    const address = request ? request.url : String(input)
    if (!mayReceive(address) || (given && new Headers(given).has('authorization')))
      return platform.fetch(input, init)

    const signal = init?.signal ?? request?.signal
    const credential = source.fresh() ?? (await source.obtain(signal))
    const copy = copyOf(input, init)

    const send = (target: RequestInfo | URL, { header, value }: Credential): Promise<Response> => {
      let headers: HeadersInit = { [header]: value }
      if (given) (headers = new Headers(given)).set(header, value)
      return platform.fetch(target, {
        ...init,
        headers,
        signal: eitherSignal(signal, source.sessionSignal()),
      })
    }

    const first = await send(input, credential)
    if (first.status !== 401) return first
    const error = bearerError(first.headers.get('www-authenticate'))
    if (error !== undefined && error !== 'invalid_token') return first

    const next = source.obtain(signal, credential)
    if (!copy) {
      // The next request profits; what becomes of it is not this caller's business.
      next.catch(() => {})
      return first
    }
    const better = await next
    if (better.value === credential.value) return first
    void first.body?.cancel()
    return send(copy, better)
  }
}

/** What to send if the first time was in vain; `undefined` when the body is a stream. */
function copyOf(input: RequestInfo | URL, init: RequestInit | undefined): RequestInfo | URL | undefined {
  if (init?.body)
    return 'getReader' in Object(init.body) || Symbol.asyncIterator in Object(init.body) ? undefined : input
  // Only a body is used up by sending; a browser that does not show it (`undefined`) may have one.
  return isRequest(input) && input.body !== null ? input.clone() : input
}

const isRequest = (input: RequestInfo | URL): input is Request =>
  typeof input === 'object' && 'clone' in input

const eitherSignal = (caller: AbortSignal | null | undefined, session: AbortSignal): AbortSignal =>
  caller ? AbortSignal.any([caller, session]) : session
