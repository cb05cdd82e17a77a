/**
 * Whether the URL parser leaves a path as it is: it has no dot segments, and nothing that needs percent-encoding. Most
 * paths are such, and to parse a URL takes longer than to read a session.
 */
export function isPlainPath(path: string): boolean {
  return /^(\/(?!\.{1,2}(\/|$))[\w~!$&'()*+,;=:@.-]+)+\/?$/.test(path)
}

/** Whether the URL parser leaves a query, with its question mark, as it is. */
export function isPlainQuery(query: string): boolean {
  return query === '' || /^\?[\w~!$&()*+,;=:@./?%-]+$/.test(query)
}
