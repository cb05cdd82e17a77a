import { trimmed } from './option.ts'

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
export function clientFrom({ clientId, clientSecret, scope = [], allowedScope }: ClientOptions): {
  client: { id: string; secret?: string }
  way: { clientAuth: 'body' | 'none' }
  scope: { default: string[]; allowed?: string[] }
} {
  const secret = trimmed(clientSecret)
  return {
    client: { id: trimmed(clientId), ...(secret !== undefined && { secret }) },
    way: { clientAuth: secret === undefined ? 'none' : 'body' },
    scope: { default: scope, ...(allowedScope && { allowed: allowedScope }) },
  }
}
