/**
 * A place of this application to go to after a sign-in: the value when it is a path of our own origin
 * (it usually comes from the address bar, where anybody may have written it), else the fallback.
 *
 * @see RFC 9700 §4.11 on open redirectors
 */
export function safeReturnTo(value: unknown, fallback = '/'): string {
  if (typeof value !== 'string' || !value.startsWith('/')) return fallback
  const dummyOrigin = 'https://home.invalid'
  try {
    // The parser of the browser itself decides: it reads `/\host` and `/<tab>/host` as another origin.
    const url = new URL(value, dummyOrigin)
    // `/.//host` stays here when it is parsed and would leave when the result is parsed again.
    return url.origin === dummyOrigin && !url.pathname.startsWith('//')
      ? url.pathname + url.search + url.hash
      : fallback
  } catch {
    return fallback
  }
}
