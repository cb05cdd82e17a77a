/** The value at a place in parsed JSON (RFC 6901); `undefined` where there is none, also for inherited members. */
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

/** Whether a value is a JSON object, and no array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether nothing in it lies deeper than that: nesting without end can be read from JSON, and not be written again. */
export function isWithinDepth(value: unknown, levels = 100): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isWithinDepth(inner, levels - 1))
}

/**
 * The JSON object or text that a body holds; `null` when it holds anything else.
 *
 * @param form `trailing-commas` reads a second time without the commas before closing brackets, because some documents
 *   show them
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
 * Whole texts are matched first, and stay as they are: a comma within one is no comma of the document. One that does not
 * end is matched as far as it goes, because looking for its end from every quote in it would take seconds.
 */
function withoutTrailingCommas(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*"?)|,(?=\s*[}\]])/gs, (_, literal?: string) => literal ?? '')
}
