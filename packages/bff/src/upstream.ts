import { boundedText } from './bounded-body.ts'
import type { Platform } from './platform.ts'

const longestAnswer = 65_536
/** Seconds that a server is believed at most when it asks us to wait. */
export const longestWait = 86_400

/** What an authorization server said. */
export interface UpstreamAnswer {
  status: number
  text: string
  headers: Headers
  /** Seconds it asks us to wait, from either form of `Retry-After`; `null` when it asks nothing. */
  retryAfter: number | null
}

/** Why no answer came. `sent` tells whether the request may have been acted upon. */
export interface UpstreamFailure {
  sent: boolean
  /** For the log. Our own words and codes of Node only: the error of a failed `fetch` may hold the URL. */
  why: string
}

/** How requests reach the authorization server. */
export interface Upstream {
  send(url: string, init: RequestInit): Promise<UpstreamAnswer | UpstreamFailure>
}

/**
 * Bounds every request to an authorization server in time (seconds) and size (64 kB), and follows no redirect: a 307
 * would carry a password to wherever it points.
 */
export function createUpstream(platform: Platform, timeout: number): Upstream {
  return {
    async send(url, init) {
      const signal = AbortSignal.timeout(timeout * 1000)
      try {
        const response = await abortable(platform.fetch(url, { ...init, redirect: 'manual', signal }), signal)
        const text = await abortable(boundedText(response.body, longestAnswer), signal)
        if (text === null) return { sent: true, why: `the answer is longer than ${longestAnswer} bytes` }
        const retryAfter = waitFrom(response.headers.get('retry-after'), platform.now())
        return { status: response.status, text, headers: response.headers, retryAfter }
      } catch (error) {
        if (signal.aborted) return { sent: true, why: `no answer within ${timeout} s` }
        const code = codeOf(error)
        const advice = advices.find(([codes]) => codes.test(code))?.[1]
        const why = `the connection failed${code && ` (${code})`}${advice === undefined ? '' : `: ${advice}`}`
        return { sent: !neverSent.test(code), why }
      }
    },
  }
}

/** Errors of Node that come before a byte of the request left: name, route, connection, certificate. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+)$/

/** What can be done about the commonest of them. */
const advices: [codes: RegExp, advice: string][] = [
  [
    /^(ENOTFOUND|EAI_\w+)$/,
    'its host name is not known; is it spelt right, and can this machine resolve it?',
  ],
  [/^ECONNREFUSED$/, 'nothing listens there; is the port right, and the server up?'],
  [
    /^(EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/,
    'the host cannot be reached from here; is a firewall or a proxy in between?',
  ],
  [
    /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    'its certificate is not valid at this time; is the clock right?',
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for another host name'],
  [
    /SELF_SIGNED|UNABLE_TO_|^CERT_/,
    'its certificate is not trusted here; name its authority in NODE_EXTRA_CA_CERTS',
  ],
  [/^(ERR_SSL_\w+|EPROTO)$/, 'it does not speak TLS as expected; is it https that listens on this port?'],
]

function codeOf(error: unknown): string {
  const { cause } = Object(error) as { cause?: unknown }
  const { code } = Object(cause ?? error) as { code?: unknown }
  return typeof code === 'string' && /^\w+$/.test(code) ? code : ''
}

/** Gives up at the signal even when what is waited for does not listen to it. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('Out of time', 'TimeoutError')), {
        once: true,
      })
    }),
  ])
}

function waitFrom(header: string | null, now: number): number | null {
  if (header === null) return null
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), longestWait) : null
}
