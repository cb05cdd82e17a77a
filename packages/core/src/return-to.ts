/**
 * Returns the path to open after a sign-in: the given value when it is a path on the page's own origin, otherwise the
 * fallback. Use it for values from the address bar, where an attacker can write the URL of another site.
 *
 * @see RFC 9700 §4.11 on open redirectors
 *
 * @example
 * const { searchParams } = new URL(location.href)
 * location.assign(safeReturnTo(searchParams.get('returnTo'), '/dashboard'))
 */
export function safeReturnTo(value: unknown, fallback = '/'): string {
  if (typeof value !== 'string' || !value.startsWith('/')) return fallback
  const dummyOrigin = 'https://home.invalid'
  try {
    // Parsed as browsers do: they read `/\host` and `/<tab>/host` as another origin.
    const url = new URL(value, dummyOrigin)
    // `/.//host` is a path here, and would be another origin when the result is parsed again.
    return url.origin === dummyOrigin && !url.pathname.startsWith('//')
      ? url.pathname + url.search + url.hash
      : fallback
  } catch {
    return fallback
  }
}
