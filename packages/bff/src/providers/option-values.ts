import { BffError } from '../errors.ts'
import { validateEndpointUrl } from '../endpoint-url.ts'

/**
 * Takes white space and byte order marks from both ends of a configured value: they come in with copying (the vendor's
 * own sample of Class ends in one) and make a right secret wrong.
 */
export function trimOption(configured: string): string
export function trimOption(configured: string | undefined): string | undefined
export function trimOption(configured: string | undefined): string | undefined {
  return configured?.replaceAll(/^[\s\u{feff}]+|[\s\u{feff}]+$/gu, '')
}

/**
 * The address of a site, without a slash at the end: `https://acct.example.com`, with a path or without.
 *
 * @throws BffError `server_error` that names the option
 */
export function parseSite(option: string, configured: string): string {
  const site = trimOption(configured).replace(/\/+$/, '')
  const fault = validateEndpointUrl(site) ?? (/[?#]/.test(site) ? 'must have no query' : null)
  if (fault !== null) throw createOptionError(option, `${fault}, for example "https://acct.example.com"`)
  return site
}

/**
 * The name of a host, with its port where it has one: `acct.example.com`.
 *
 * @throws BffError `server_error` that names the option
 */
export function parseHost(option: string, configured: string): string {
  const host = trimOption(configured).toLowerCase()
  if (!/^[\w.-]+(:\d+)?$/.test(host))
    throw createOptionError(option, 'must be the name of a host, for example "acct.example.com"')
  return host
}

/**
 * One segment of a path or of a scope: letters, digits and `._-`.
 *
 * @throws BffError `server_error` that names the option
 */
export function parseSlug(option: string, configured: string): string {
  const slug = trimOption(configured)
  if (!/^[\w.-]+$/.test(slug))
    throw createOptionError(option, 'must be one word of letters, digits, ".", "_" and "-"')
  return slug
}

function createOptionError(option: string, fault: string): BffError {
  return new BffError('server_error', `The option ${option} ${fault}`)
}

/** What nearly every system needs to know of the application. */
export interface ClientOptions {
  clientId: string
  /** Where the client has one; otherwise it shows its id alone. */
  clientSecret?: string
  /** What a sign-in asks for. */
  scope?: string[]
  /** What a page may ask for instead; `scope` when absent. */
  allowedScope?: string[]
}

/**
 * The parts of a description that these options make. The client is shown in the body: servers, and versions of one
 * server, disagree on how Basic encodes a secret, and on this they do not.
 */
export function createClientConfig({ clientId, clientSecret, scope = [], allowedScope }: ClientOptions): {
  client: { id: string; secret?: string }
  grantDefaults: { clientAuth: 'post' | 'none' }
  scope: { default: string[]; allowed?: string[] }
} {
  const secret = trimOption(clientSecret)
  return {
    client: { id: trimOption(clientId), ...(secret !== undefined && { secret }) },
    grantDefaults: { clientAuth: secret === undefined ? 'none' : 'post' },
    scope: { default: scope, ...(allowedScope && { allowed: allowedScope }) },
  }
}
