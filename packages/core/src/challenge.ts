/**
 * A scheme, a token68 or a parameter, one after the other: a name, and maybe `=` with a quoted or a plain value.
 * A comma or white space lies between two.
 */
const part = /([\w!#$%&'*+.^`|~/-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,"]*)))?/g

/**
 * The `error` of the Bearer challenge in a `WWW-Authenticate` header, among any number of challenges;
 * `undefined` when there is none. Tolerates whatever a server may send.
 *
 * @see RFC 6750 §3, RFC 9110 §11.6.1
 */
export function bearerError(header: string | null): string | undefined {
  let scheme = ''
  for (const [whole, name = '', quoted, plain] of header?.matchAll(part) ?? []) {
    if (!whole.includes('=')) scheme = name.toLowerCase()
    else if (scheme === 'bearer' && name.toLowerCase() === 'error')
      return quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
  }
  return undefined
}
