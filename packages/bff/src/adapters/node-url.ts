import type { IncomingMessage } from 'node:http'
import { isPlainPath, isPlainQuery } from '../plain-url.ts'
import type { RequestUrl } from '../route-request.ts'
import type { FrameworkRequest } from './node-request.ts'

type Origin = Pick<RequestUrl, 'protocol' | 'host' | 'hostname'>

/** The origin that was parsed last: most servers have one. */
let lastOrigin: { text: string; origin: Origin } | null = null

/** Returns the requested URL; `null` when its host or path is invalid. Ignores `Forwarded` and `X-Forwarded-*`. */
export function parseRequestUrl(incoming: IncomingMessage & FrameworkRequest): RequestUrl | null {
  const scheme = 'encrypted' in incoming.socket && incoming.socket.encrypted === true ? 'https' : 'http'
  const host = incoming.headers.host ?? String(incoming.headers[':authority'] ?? '')
  const target = typeof incoming.originalUrl === 'string' ? incoming.originalUrl : (incoming.url ?? '')
  if (!/^[\w.:[\]-]+$/.test(host) || hasSeveralHosts(incoming)) return null
  const origin = parseOrigin(`${scheme}://${host}`)
  if (!origin) return null
  const queryStart = target.indexOf('?')
  const pathname = queryStart === -1 ? target : target.slice(0, queryStart)
  const search = queryStart === -1 ? '' : target.slice(queryStart)
  if (isPlainPath(pathname) && isPlainQuery(search)) return { ...origin, pathname, search }
  return parseTarget(`${scheme}://${host}`, target)
}

function parseTarget(origin: string, target: string): URL | null {
  // The absolute form (RFC 9112 §3.2.2) repeats the host.
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '')
  // Clients resolve dot segments before they send a path. A proxy in front may have routed this one unresolved.
  if (/\\|(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path.replace(/[?#].*/s, ''))) return null
  return path.startsWith('/') && URL.canParse(origin + path) ? new URL(origin + path) : null
}

function parseOrigin(text: string): Origin | null {
  if (lastOrigin?.text === text) return lastOrigin.origin
  if (!URL.canParse(text)) return null
  const { protocol, host, hostname } = new URL(text)
  lastOrigin = { text, origin: { protocol, host, hostname } }
  return lastOrigin.origin
}

/** RFC 9112 §3.2 forbids it; Node takes the first, and a proxy in front may have taken another. */
function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') hosts += 1
  return hosts > 1
}
