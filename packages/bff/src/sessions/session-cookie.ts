import { isLoopbackHost } from '../endpoint-url.ts'
import { cookieByteLength } from './seal.ts'

/** The name and attributes of one BFF's session cookie. */
export interface SessionCookie {
  name: string
  secure: boolean
}

const valuePattern = /^[\w-]+$/
const securePrefix = '__Host-Http-'

/**
 * Names the cookie. Browsers refuse a cookie with the prefix `__Host-` from another subdomain. Chrome 140 and Firefox
 * 143 also refuse a cookie with the prefix `__Host-Http-` from a script. Safari does not know the second half. On plain
 * http on a loopback host, where `Secure` may not work, the name has no prefix. The base path is part of the name, so
 * that one app can have several BFFs.
 *
 * @see OAuth 2.0 for Browser-Based Applications §6.1.3.2
 */
function createSessionCookie(basePath: string, secure: boolean): SessionCookie {
  const slug = basePath === '/auth' ? '' : basePath.replaceAll(/[^\dA-Za-z]+/g, '-')
  return { name: `${secure ? securePrefix : ''}latchkey${slug}`, secure }
}

/**
 * Creates a function that returns the cookie for a page at a URL. The page is there unless an `origin` is configured.
 */
export function createCookieResolver(
  basePath: string,
  origin: string | undefined,
): (url: Pick<URL, 'protocol' | 'hostname'>) => SessionCookie {
  const secureCookie = createSessionCookie(basePath, true)
  const plainCookie = createSessionCookie(basePath, false)
  const page = origin === undefined ? null : new URL(origin)
  return (url) => {
    const { protocol, hostname } = page ?? url
    return protocol === 'https:' || !isLoopbackHost(hostname) ? secureCookie : plainCookie
  }
}

/** Seconds that a browser keeps the device cookie after a sign-in: as long as the throttle knows the device. */
const deviceMaxAge = 2_592_000

/** Bytes of the device cookie. */
export const deviceByteLength = 18

/**
 * Returns the cookie by which the throttle recognizes a browser that has signed in before. It gives access to nothing,
 * stays after a sign-out, and is the same for all BFFs of a host. A base path adds no dot, so that no session cookie has
 * this name.
 */
function getDeviceCookie({ secure }: SessionCookie): SessionCookie {
  return { name: `${secure ? securePrefix : ''}latchkey.device`, secure }
}

/** Parses the session cookie of a `Cookie` header; `null` when it is missing, malformed or there twice. */
export function parseSessionCookie(cookie: SessionCookie, header: string | null): Uint8Array | null {
  return parseCookie(cookie, header, cookieByteLength)
}

/** Parses the device cookie of a `Cookie` header; `null` when it is missing, malformed or there twice. */
export function parseDeviceCookie(cookie: SessionCookie, header: string | null): Uint8Array | null {
  return parseCookie(getDeviceCookie(cookie), header, deviceByteLength)
}

function parseCookie(cookie: SessionCookie, header: string | null, byteLength: number): Uint8Array | null {
  if (header === null) return null
  const prefix = `${cookie.name}=`
  const [pair, ...others] = header.split(';').filter((text) => text.trimStart().startsWith(prefix))
  const value = pair?.trim().slice(prefix.length)
  const isValid = others.length === 0 && value?.length === (byteLength * 4) / 3 && valuePattern.test(value)
  return isValid ? Buffer.from(value, 'base64url') : null
}

/**
 * Serializes the `Set-Cookie` of a session.
 *
 * @param maxAge seconds; without it the cookie ends with the browser's session
 */
export function serializeSessionCookie(cookie: SessionCookie, bytes: Uint8Array, maxAge?: number): string {
  return serialize(cookie, Buffer.from(bytes).toString('base64url'), maxAge)
}

/** Serializes the `Set-Cookie` of a device. */
export function serializeDeviceCookie(cookie: SessionCookie, bytes: Uint8Array): string {
  return serialize(getDeviceCookie(cookie), Buffer.from(bytes).toString('base64url'), deviceMaxAge)
}

/** Serializes the `Set-Cookie` that deletes the cookie; browsers require the attributes that it was set with. */
export function serializeExpiredCookie(cookie: SessionCookie): string {
  return serialize(cookie, '', 0)
}

function serialize(cookie: SessionCookie, value: string, maxAge?: number): string {
  return [
    `${cookie.name}=${value}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    ...(cookie.secure ? ['Secure'] : []),
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
  ].join('; ')
}
