/** Why a request got no response. */
export interface ConnectionFailure {
  /** Whether the server may have received the request and acted on it. */
  wasSent: boolean
  /** For the log. Built from fixed texts and Node's error codes: the error of a failed `fetch` may contain the URL. */
  hint: string
}

/** Node's error codes for failures before the request was sent: name resolution, route, connection, certificate. */
const notSentCodes =
  /^(bad port|ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+)$/

/** The message of Node's error for a port that `fetch` blocks: it has no code. */
const blockedPortCode = /^bad port$/

/** What an operator can do about the most common codes. */
const hintsByCode: [codes: RegExp, hint: string][] = [
  [
    /^(ENOTFOUND|EAI_\w+)$/,
    'its host name is not known. Check the spelling, and that this machine can resolve the name',
  ],
  [/^ECONNREFUSED$/, 'nothing listens there. Check the port, and that the server is running'],
  [
    /^(EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/,
    'this machine cannot reach the host. Check the firewalls and proxies in between',
  ],
  [
    /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    'its certificate is not valid at this time. Check the certificate and the clock of this machine',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'its certificate is for another host name. Check the host name in the configuration',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|^CERT_/,
    'its certificate is not trusted here. Name its authority in NODE_EXTRA_CA_CERTS',
  ],
  [/^(ERR_SSL_\w+|EPROTO)$/, 'the TLS handshake failed. Check that the server speaks https on this port'],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    'the server closed the connection without a response. See its log, and check whether it expects https on this port',
  ],
  [
    blockedPortCode,
    'fetch sends no request to this port, which belongs to another protocol (Fetch standard, "bad port"). Let the server listen on another one',
  ],
]

/**
 * Describes the error of a failed `fetch`.
 *
 * @returns `reason` is the hint without what an operator can do, for a response that broke off
 */
export function createConnectionFailure(error: unknown): ConnectionFailure & { reason: string } {
  const code = getCode(error)
  const fix = hintsByCode.find(([codes]) => codes.test(code))?.[1]
  const reason = `the connection failed${code && ` (${code})`}`
  return { wasSent: !notSentCodes.test(code), reason, hint: fix === undefined ? reason : `${reason}: ${fix}` }
}

function getCode(error: unknown): string {
  const { cause } = Object(error) as { cause?: unknown }
  const { code, message } = Object(cause ?? error) as { code?: unknown; message?: unknown }
  if (typeof message === 'string' && blockedPortCode.test(message)) return message
  return typeof code === 'string' && /^\w+$/.test(code) ? code : ''
}
