/** Encoded dots and separators, backslashes, control characters, and dot segments, with or without a path parameter. */
const suspiciousPattern = /%2e|%2f|%5c|\\|\p{Cc}|(^|\/)\.{1,2}(;|\/|$)/iu

/** A path that is still encoded after so many rounds counts as ambiguous; this also bounds the time. */
const maxRounds = 4

/**
 * Whether another server may read a path differently: because it decodes before it splits segments, decodes twice, or
 * treats a backslash as a slash. Such paths serve only to leave a route.
 */
export function isAmbiguousPath(path: string): boolean {
  let text = path
  for (let round = 0; round < maxRounds; round += 1) {
    if (suspiciousPattern.test(text)) return true
    const decoded = decodeOnce(text)
    // Malformed as sent, it may mean anything (for example an overlong dot); later it is a literal percent sign.
    if (decoded === null) return text === path
    if (decoded === text) return false
    text = decoded
  }
  return true
}

function decodeOnce(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
