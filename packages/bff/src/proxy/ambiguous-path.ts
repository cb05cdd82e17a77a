/** Encoded dots and separators, backslashes, control characters, and dot segments, with or without a path parameter. */
const suspect = /%2e|%2f|%5c|\\|\p{Cc}|(^|\/)\.{1,2}(;|\/|$)/iu

/** What is still encoded after so many times means no good; and to go on for each layer would take long. */
const maxRounds = 4

/**
 * Whether another server may take a path for another one than it is here, because it decodes before it looks at
 * segments, decodes twice, or takes a backslash for a slash. Nobody needs such paths but those who want to get out of a
 * route.
 */
export function isAmbiguousPath(path: string): boolean {
  let text = path
  for (let round = 0; round < maxRounds; round += 1) {
    if (suspect.test(text)) return true
    const decoded = decodedOnce(text)
    // Malformed as it was sent, it may be anything (an overlong dot, for example); later it is a literal percent sign.
    if (decoded === null) return text === path
    if (decoded === text) return false
    text = decoded
  }
  return true
}

function decodedOnce(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
