/** The client authentication methods that Latchkey has. */
const supportedMethods = ['basic', 'post', 'none'] as const
export type SupportedMethod = (typeof supportedMethods)[number]

/** The methods that Latchkey does not have, and why (OpenID Connect Core §9, RFC 8705 §2). */
const unsupportedMethods = {
  private_key_jwt: 'Latchkey signs no client assertions (RFC 7523)',
  client_secret_jwt: 'Latchkey signs no client assertions (RFC 7523)',
  tls_client_auth: 'Latchkey sends no client certificate (RFC 8705)',
  self_signed_tls_client_auth: 'Latchkey sends no client certificate (RFC 8705)',
} as const
export type UnsupportedMethod = keyof typeof unsupportedMethods

/** An authorization server to check. Absent values are `null` or empty. */
export interface Server {
  readonly name: string
  readonly tokenUrl: string | null
  readonly discoveryUrl: string | null
  readonly revokeUrl: string | null
  readonly userinfoUrl: string | null
  readonly clientId: string
  readonly clientSecret: string
  readonly clientAuth: readonly (SupportedMethod | UnsupportedMethod)[]
  readonly username: string
  readonly password: string
  /** Values separated by spaces. */
  readonly scope: string
  /** How the server rotates refresh tokens. Only `one-use` is checked. */
  readonly rotation: string
  /** In seconds. */
  readonly accessTokenLifetime: number | null
}

/** A file cannot be used. The message names keys, never values. */
export class ServerFileError extends Error {
  override readonly name = 'ServerFileError'
}

/**
 * Parses lines of KEY=VALUE (README.md lists the keys). A value is the text after the first `=`, unchanged.
 *
 * @throws ServerFileError
 */
export function parseServer(text: string): Server {
  const values = parseLines(text)
  const value = (key: string): string => values.get(key) ?? ''
  const tokenUrl = parseUrl('TOKEN_URL', value('TOKEN_URL'))
  const discoveryUrl = parseUrl('DISCOVERY_URL', value('DISCOVERY_URL'))
  if (tokenUrl === null && discoveryUrl === null)
    throw new ServerFileError('TOKEN_URL, DISCOVERY_URL: are missing. Expected: at least one of them')
  for (const key of ['CLIENT_ID', 'USERNAME', 'PASSWORD'])
    if (value(key) === '') throw new ServerFileError(`${key}: is missing`)
  return {
    name: [value('NAME'), value('VERSION')].filter(Boolean).join(' ') || 'the server',
    tokenUrl,
    discoveryUrl,
    revokeUrl: parseUrl('REVOKE_URL', value('REVOKE_URL')),
    userinfoUrl: parseUrl('USERINFO_URL', value('USERINFO_URL')),
    clientId: value('CLIENT_ID'),
    clientSecret: value('CLIENT_SECRET'),
    clientAuth: parseClientAuth(value('CLIENT_AUTH')),
    username: value('USERNAME'),
    password: value('PASSWORD'),
    scope: parseScope(value('SCOPE').trim()),
    rotation: value('ROTATION').trim(),
    accessTokenLifetime: parseLifetime(value('ACCESS_TTL').trim()),
  }
}

function parseLines(text: string): Map<string, string> {
  const lines = text.replace(/^\u{feff}/u, '').split(/\r?\n/)
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [, key = '', value = ''] = /^\s*(?!#)([^=\s]+)\s*=(.*)$/.exec(line) ?? []
      return key === '' ? [] : [[key, value]]
    }),
  )
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/

function parseUrl(key: string, value: string): string | null {
  const text = value.trim()
  if (text === '') return null
  if (!URL.canParse(text)) throw new ServerFileError(`${key}: is not an absolute URL`)
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '')
    throw new ServerFileError(`${key}: contains credentials. Expected: CLIENT_ID and CLIENT_SECRET`)
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback.test(hostname)))
    throw new ServerFileError(
      `${key}: is not https. Expected: https, or http on 127.0.0.1, localhost or [::1]`,
    )
  return text
}

/** Other names of methods, and of several at once. */
const methodAliases: Record<string, Server['clientAuth']> = {
  any: ['basic', 'post'],
  client_secret_basic: ['basic'],
  client_secret_post: ['post'],
  mtls: ['tls_client_auth'],
}

function parseClientAuth(value: string): Server['clientAuth'] {
  const methods = value
    .split(/[\s,]+/)
    .filter(Boolean)
    .flatMap((name) => {
      if (Object.hasOwn(methodAliases, name)) return methodAliases[name] ?? []
      if (isSupported(name) || isUnsupported(name)) return [name]
      const known = [...supportedMethods, 'any', ...Object.keys(unsupportedMethods)].join(', ')
      throw new ServerFileError(`CLIENT_AUTH: is unknown. Expected: ${known}, or several with commas`)
    })
  if (methods.length === 0) return ['basic']
  const [unsupported] = listUnsupportedMethods(methods)
  if (unsupported && !methods.some(isSupported))
    throw new ServerFileError(
      `CLIENT_AUTH: ${unsupported.name} cannot be checked, because ${unsupported.reason}. Expected: a client with ${supportedMethods.join(', ')} or any`,
    )
  return [...new Set(methods)]
}

/** Lists the methods that Latchkey does not have, with the reason. */
export function listUnsupportedMethods(
  methods: Server['clientAuth'],
): { name: UnsupportedMethod; reason: string }[] {
  return methods.filter(isUnsupported).map((name) => ({ name, reason: unsupportedMethods[name] }))
}

/** Whether Latchkey has a method. */
export function isSupported(name: string): name is SupportedMethod {
  return (supportedMethods as readonly string[]).includes(name)
}

function isUnsupported(name: string): name is UnsupportedMethod {
  return Object.hasOwn(unsupportedMethods, name)
}

function parseScope(value: string): string {
  // RFC 6749 §3.3.
  if (/[^\u0020\u0021\u0023-\u005b\u005d-\u007e]/.test(value))
    throw new ServerFileError('SCOPE: contains an invalid character. Expected: values separated by spaces')
  return value
}

function parseLifetime(value: string): number | null {
  if (value === '') return null
  const seconds = Number(value)
  if (!Number.isInteger(seconds) || seconds <= 0)
    throw new ServerFileError('ACCESS_TTL: is not a positive whole number. Expected: seconds')
  return seconds
}
