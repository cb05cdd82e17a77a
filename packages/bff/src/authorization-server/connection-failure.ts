/** Why no answer came. `sent` tells whether the request may have been acted upon. */
export interface ConnectionFailure {
  wasSent: boolean
  /** For the log. Our own words and codes of Node only: the error of a failed `fetch` may hold the URL. */
  hint: string
}

/** Errors of Node that come before a byte of the request left: name, route, connection, certificate. */
const notSentCodes =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+)$/

/** What can be done about the commonest of them. */
const hintsByCode: [codes: RegExp, advice: string][] = [
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

/** What became of a request that `fetch` gave up, and what can be done. */
export function createConnectionFailure(error: unknown): ConnectionFailure {
  const code = getCode(error)
  const advice = hintsByCode.find(([codes]) => codes.test(code))?.[1]
  const hint = `the connection failed${code && ` (${code})`}${advice === undefined ? '' : `: ${advice}`}`
  return { wasSent: !notSentCodes.test(code), hint }
}

function getCode(error: unknown): string {
  const { cause } = Object(error) as { cause?: unknown }
  const { code } = Object(cause ?? error) as { code?: unknown }
  return typeof code === 'string' && /^\w+$/.test(code) ? code : ''
}
