/** Returns the value at a JSON pointer (RFC 6901); `undefined` where there is none. Inherited members do not count. */
export function getByPointer(document: unknown, pointer: string): unknown {
  let value = document
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined
  }
  return value
}

/** Whether a value is a JSON object: neither an array nor `null`. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value is nested at most that deep. `JSON.parse` reads deeper values than `JSON.stringify` can write. */
export function isWithinDepth(value: unknown, levels = 100): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isWithinDepth(inner, levels - 1))
}

/**
 * Parses a body that is a JSON object or string; `null` when it is anything else.
 *
 * @param form `trailing-commas` also accepts commas before closing brackets
 */
export function parseJson(
  text: string,
  form: 'strict' | 'trailing-commas',
): Record<string, unknown> | string | null {
  const value =
    tryParseJson(text) ?? (form === 'trailing-commas' ? tryParseJson(withoutTrailingCommas(text)) : null)
  return isJsonObject(value) || typeof value === 'string' ? value : null
}

/** Returns parsed JSON, or `null` when the text is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * Matches whole JSON strings first, so that a comma inside a string stays. An unterminated string matches up to its
 * end: searching for a closing quote again from every quote would take seconds.
 */
function withoutTrailingCommas(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*"?)|,(?=\s*[}\]])/gs, (_, literal?: string) => literal ?? '')
}
