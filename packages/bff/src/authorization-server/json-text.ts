import { isObject } from '../json-pointer.ts'

/**
 * The JSON object or text that a body holds; `null` when it holds anything else.
 *
 * @param form `trailing-commas` reads a second time without the commas before closing brackets, because some documents
 *   show them
 */
export function jsonFrom(
  text: string,
  form: 'strict' | 'trailing-commas',
): Record<string, unknown> | string | null {
  const value = parsed(text) ?? (form === 'trailing-commas' ? parsed(withoutTrailingCommas(text)) : null)
  return isObject(value) || typeof value === 'string' ? value : null
}

function parsed(text: string): unknown {
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
