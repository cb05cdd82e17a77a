/**
 * Encoded dots and separators, backslashes, control characters, and segments that are dots: also with spaces after
 * them, which Windows drops, and with a path parameter.
 */
const suspiciousPattern = /%2e|%2f|%5c|\\|\p{Cc}|(^|\/)\.[.\s]*(;|\/|$)/iu

/** A path that is still encoded after so many rounds counts as ambiguous; this also bounds the time. */
const maxRounds = 4

/** Paths that every server reads in the same way, but for their case. Most paths are such, so this saves time. */
const plainPath = /^(\/[\w~-]+)+\/?$/

/**
 * Whether another server may read the segments of a path differently: because it decodes before it splits segments,
 * decodes twice, treats a backslash or a wide slash as a slash, or resolves dots. Such paths serve only to leave a route.
 */
export function isAmbiguousPath(path: string): boolean {
  if (plainPath.test(path)) return false
  // It may mean anything, for example an overlong dot.
  if (isMalformed(path)) return true
  let text = path
  for (let round = 0; round < maxRounds; round += 1) {
    const compatible = text.normalize('NFKC')
    if (suspiciousPattern.test(text) || suspiciousPattern.test(compatible)) return true
    if (compatible.split('/').length !== text.split('/').length) return true
    const decoded = decodeOnce(compatible)
    if (decoded === text) return false
    text = decoded
  }
  return true
}

/**
 * Returns the form of a path in which routes are found and requests are sent: without percent-encoding where a
 * character needs none, and with the remaining encoding in upper case. Encoded dots stay, see {@link isAmbiguousPath}.
 *
 * @see RFC 3986 §6.2.2
 */
export function toCanonicalPath(path: string): string {
  if (!path.includes('%')) return path
  return path.replaceAll(encodedOctet, (octet) => {
    const character = decodeOctet(octet)
    return /[\w~-]/.test(character) ? character : octet.toUpperCase()
  })
}

/**
 * Returns the segments of a path as the most lenient server reads it: decoded as often as possible, without empty
 * segments, path parameters, and dots and spaces at the end of a segment, in lower case and with compatible characters
 * in one form. When a server reads two paths as one, their segments here are equal.
 */
export function toLenientSegments(path: string): string[] {
  if (plainPath.test(path)) return splitSegments(path.toLowerCase())
  let text = path
  for (let round = 0; round < maxRounds; round += 1) text = decodeOnce(text.normalize('NFKC'))
  // Only upper case makes one letter of some, such as the two forms of s.
  const folded = text.normalize('NFKC').toUpperCase().toLowerCase()
  return splitSegments(folded.replaceAll(/;[^/]*/g, ''))
    .map(trimEnd)
    .filter((segment) => segment !== '')
}

const encodedOctet = /%[\da-f]{2}/gi

function splitSegments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** Removes dots and spaces from the end, in linear time. */
function trimEnd(segment: string): string {
  let end = segment.length
  while (end > 0 && /[.\s]/.test(segment.charAt(end - 1))) end -= 1
  return segment.slice(0, end)
}

function decodeOctet(octet: string): string {
  return String.fromCharCode(Number.parseInt(octet.slice(1), 16))
}

/** Decodes what is well-formed, and in other octets the ASCII characters. */
function decodeOnce(text: string): string {
  return text.replaceAll(/(%[\da-f]{2})+/gi, (octets) =>
    isMalformed(octets) ? octets.replaceAll(/%[0-7][\da-f]/gi, decodeOctet) : decodeURIComponent(octets),
  )
}

function isMalformed(text: string): boolean {
  try {
    decodeURIComponent(text)
    return false
  } catch {
    return true
  }
}

/** Whether a path is that of a route or, when the route ends in a slash, lies below it. */
export function isPathOfRoute(path: string, pathname: string): boolean {
  return path.endsWith('/') ? pathname.startsWith(path) : pathname === path
}
