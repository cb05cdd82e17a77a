import { cookieByteLength } from './seal.ts'

/** The cookie of one BFF: how it is called and which attributes it has. */
export interface SessionCookie {
  name: string
  secure: boolean
}

const cookieValueLength = (cookieByteLength * 4) / 3
const value = /^[\w-]+$/

/**
 * Names the cookie. Browsers refuse a cookie with the prefix `__Host-` from another subdomain. Chrome 140 and Firefox
 * 143 also refuse a cookie with the prefix `__Host-Http-` from a script. Safari does not know the second half. On plain
 * http on a loopback host, where `Secure` may not work, the name has no prefix. The base path is part of the name, so
 * that one app can have several BFFs.
 *
 * @see OAuth 2.0 for Browser-Based Applications §6.1.3.2
 */
export function createSessionCookie(basePath: string, secure: boolean): SessionCookie {
  const slug = basePath === '/auth' ? '' : basePath.replaceAll(/[^\dA-Za-z]+/g, '-')
  return { name: `${secure ? '__Host-Http-' : ''}latchkey${slug}`, secure }
}

/** The ticket that a `Cookie` header carries; `null` when there is none, or none that could be ours, or more than one. */
export function parseSessionCookie(cookie: SessionCookie, header: string | null): Uint8Array | null {
  if (header === null) return null
  const prefix = `${cookie.name}=`
  const found = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(prefix))
  const [text] = found.map((pair) => pair.slice(prefix.length))
  if (text === undefined || found.length > 1 || text.length !== cookieValueLength || !value.test(text))
    return null
  return Buffer.from(text, 'base64url')
}

/** The `Set-Cookie` that hands a ticket out; without `maxAge` (seconds) it ends with the browser's session. */
export function serializeSessionCookie(cookie: SessionCookie, keys: Uint8Array, maxAge?: number): string {
  return attributes(cookie, Buffer.from(keys).toString('base64url'), maxAge)
}

/** The `Set-Cookie` that takes the cookie away; its attributes are those it was set with, else browsers keep it. */
export function serializeExpiredCookie(cookie: SessionCookie): string {
  return attributes(cookie, '', 0)
}

function attributes(cookie: SessionCookie, text: string, maxAge?: number): string {
  return [
    `${cookie.name}=${text}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    ...(cookie.secure ? ['Secure'] : []),
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
  ].join('; ')
}
