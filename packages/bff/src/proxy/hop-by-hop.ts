const known = /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-.+)$/

/** Tells which headers are about one connection and go no further: the known ones, and those that `Connection` names. RFC 9110 §7.6.1. */
export function hopByHop(headers: Headers): (name: string) => boolean {
  const named = (headers.get('Connection') ?? '').split(',').map((name) => name.trim().toLowerCase())
  return (name) => known.test(name) || named.includes(name)
}
