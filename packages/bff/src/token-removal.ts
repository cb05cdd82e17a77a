/** Whether a member has the name of a token: `refresh_token`, `idToken`, `X-Access-Token`. */
export function isTokenName(name: string): boolean {
  // Most names do not end like "token".
  if (!/n[^a-z]*$/i.test(name)) return false
  return /(access|refresh|id)token$/.test(name.toLowerCase().replaceAll(/[^a-z]/g, ''))
}

/** Lists the values of all members that have the name of a refresh token or an ID Token, at any depth. */
export function listSecretTokens(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    typeof member === 'string' && isTokenName(name) && !/access/i.test(name)
      ? [member]
      : listSecretTokens(member),
  )
}

/** Shorter values occur in any text by chance; a token that cannot be guessed has more characters (RFC 6749 §10.10). */
const minTokenLength = 8

/** Whether a text contains one of some tokens, as it is or as in a URL. */
export function hasToken(text: string, tokens: readonly (string | null | undefined)[]): boolean {
  return hasForm(text, listForms(tokens))
}

/**
 * Returns a JSON value without the members that have the name of a token, and without those and the items that contain
 * one of some tokens, in their names or values.
 *
 * @param tokens `null` and `undefined` stand for a token that there is not
 */
export function removeTokens<T>(value: T, tokens: readonly (string | null | undefined)[]): T {
  return filterValue(value, listForms(tokens)) as T
}

/** Lists tokens as they are and as they stand in a URL. */
function listForms(tokens: readonly (string | null | undefined)[]): string[] {
  return tokens.flatMap((token) => {
    if (!token || token.length < minTokenLength) return []
    // Most tokens are the same in a URL; others than these characters are in no URL.
    if (/^[\w.!~*'()-]+$/.test(token) || !/^[\u0021-\u007e]+$/.test(token)) return [token]
    return [token, encodeURIComponent(token)]
  })
}

function hasForm(text: string, forms: string[]): boolean {
  return forms.some((form) => text.includes(form))
}

function filterValue(value: unknown, forms: string[]): unknown {
  const isKept = (item: unknown): boolean => typeof item !== 'string' || !hasForm(item, forms)
  if (Array.isArray(value)) return value.filter(isKept).map((item) => filterValue(item, forms))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, member]) => !isTokenName(name) && isKept(name) && isKept(member))
      .map(([name, member]) => [name, filterValue(member, forms)]),
  )
}
