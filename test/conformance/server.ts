/** An authorization server that the checks can be run against; `null` and empty where it has no such thing. */
export interface Server {
  readonly name: string
  readonly tokenUrl: string | null
  readonly discoveryUrl: string | null
  readonly revokeUrl: string | null
  readonly userinfoUrl: string | null
  readonly clientId: string
  readonly clientSecret: string
  readonly clientAuth: readonly ('basic' | 'post')[]
  readonly username: string
  readonly password: string
  /** Values with spaces between them. */
  readonly scope: string
  /** What becomes of a refresh token that was used: `one-use`, `none` and `optional` are known words. */
  readonly rotation: string
  /** Seconds. */
  readonly accessTokenLifetime: number | null
}

/** Says which key of a file cannot be used, and why. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile'
}

/**
 * Reads a server from lines of KEY=VALUE: see README.md. A value is everything after the first `=`, as it is.
 *
 * @throws UnusableFile which holds nothing of the file but names of keys
 */
export function serverFrom(text: string): Server {
  const values = valuesFrom(text)
  const value = (key: string): string => values.get(key) ?? ''
  const tokenUrl = urlFrom('TOKEN_URL', value('TOKEN_URL'))
  const discoveryUrl = urlFrom('DISCOVERY_URL', value('DISCOVERY_URL'))
  if (tokenUrl === null && discoveryUrl === null)
    throw new UnusableFile('TOKEN_URL or DISCOVERY_URL must be given')
  for (const key of ['CLIENT_ID', 'USERNAME', 'PASSWORD'])
    if (value(key) === '') throw new UnusableFile(`${key} must be given`)
  return {
    name: [value('PEER'), value('VERSION')].filter(Boolean).join(' ') || 'the server',
    tokenUrl,
    discoveryUrl,
    revokeUrl: urlFrom('REVOKE_URL', value('REVOKE_URL')),
    userinfoUrl: urlFrom('USERINFO_URL', value('USERINFO_URL')),
    clientId: value('CLIENT_ID'),
    clientSecret: value('CLIENT_SECRET'),
    clientAuth: clientAuthFrom(value('CLIENT_AUTH')),
    username: value('USERNAME'),
    password: value('PASSWORD'),
    scope: scopeFrom(value('SCOPE').trim()),
    rotation: value('ROTATION').trim(),
    accessTokenLifetime: secondsFrom(value('ACCESS_TTL').trim()),
  }
}

function valuesFrom(text: string): Map<string, string> {
  const lines = text.replace(/^\u{feff}/u, '').split(/\r?\n/)
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [, key = '', value = ''] = /^\s*(?!#)([^=\s]+)\s*=(.*)$/.exec(line) ?? []
      return key === '' ? [] : [[key, value]]
    }),
  )
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/

function urlFrom(key: string, value: string): string | null {
  const text = value.trim()
  if (text === '') return null
  if (!URL.canParse(text)) throw new UnusableFile(`${key} must be an absolute URL`)
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') throw new UnusableFile(`${key} must hold no credentials`)
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback.test(hostname)))
    throw new UnusableFile(`${key} must be https; plain http is for 127.0.0.1 and localhost only`)
  return text
}

function clientAuthFrom(value: string): Server['clientAuth'] {
  const words = value.split(/[\s,]+/).filter(Boolean)
  const known = (['basic', 'post'] as const).filter((word) => words.includes(word))
  if (words.some((word) => word !== 'basic' && word !== 'post'))
    throw new UnusableFile('CLIENT_AUTH must be basic, post, or both with a comma')
  return known.length > 0 ? known : ['basic']
}

function scopeFrom(value: string): string {
  // RFC 6749 §3.3.
  if (/[^\u0020\u0021\u0023-\u005b\u005d-\u007e]/.test(value))
    throw new UnusableFile('SCOPE must be values with spaces between them')
  return value
}

function secondsFrom(value: string): number | null {
  if (value === '') return null
  const seconds = Number(value)
  if (!Number.isInteger(seconds) || seconds <= 0)
    throw new UnusableFile('ACCESS_TTL must be a whole number of seconds')
  return seconds
}
