/** Whether a member has the name of a token: `refresh_token`, `idToken`, `X-Access-Token`. */
export function isTokenName(name: string): boolean {
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
  return tokens.some((token) =>
    token && token.length >= minTokenLength ? listForms(token).some((form) => text.includes(form)) : false,
  )
}

/**
 * Returns a JSON value without the members that have the name of a token, and without those and the items that contain
 * one of some tokens, in their names or values.
 *
 * @param tokens `null` and `undefined` stand for a token that there is not
 */
export function removeTokens<T>(value: T, tokens: readonly (string | null | undefined)[]): T {
  return filterValue(value, tokens) as T
}

/** A token as it is and as it stands in a URL. */
function listForms(token: string): string[] {
  return /^[\u0021-\u007e]+$/.test(token) ? [token, encodeURIComponent(token)] : [token]
}

function filterValue(value: unknown, tokens: readonly (string | null | undefined)[]): unknown {
  const isKept = (item: unknown): boolean => typeof item !== 'string' || !hasToken(item, tokens)
  if (Array.isArray(value)) return value.filter(isKept).map((item) => filterValue(item, tokens))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      isTokenName(name) || !isKept(name) || !isKept(member) ? [] : [[name, filterValue(member, tokens)]],
    ),
  )
}
