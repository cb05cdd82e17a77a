import { describeMissingClient } from '#diagnosis'
import type { RegisteredClient } from './register.ts'

/**
 * Returns the client, or throws an error that names the caller.
 *
 * @param caller the hook or component that needs the client
 */
export function requireClient(client: RegisteredClient | null | undefined, caller: string): RegisteredClient {
  if (!client) throw new Error(describeMissingClient?.(caller) ?? `${caller}: no auth client`)
  return client
}
