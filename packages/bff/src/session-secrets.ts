import type { KeyObject } from 'node:crypto'
import { createSecretKey } from 'node:crypto'
import { BffError } from './errors.ts'
import { describeError } from './log.ts'
import type { Platform } from './platform.ts'
import type { Secret } from './secret.ts'
import { createUnreadableError, runSecretFunction } from './secret.ts'

/** Characters of a secret that cannot be guessed. */
export const minSecretCharacters = 32

/** The deployer's secrets, which are mixed into the keys of all sessions. */
export interface SessionSecrets {
  /** The first seals sessions, all open them; empty until they are loaded, and without any. */
  readonly keys: readonly KeyObject[]
  /**
   * Runs their functions; `null` when that is done or not needed. A failure is tried again at the next call.
   *
   * @throws BffError `temporarily_unavailable` when a function fails, `server_error` when a secret is too short
   */
  load(): Promise<void> | null
}

/**
 * Creates the keys from the option `secret`. Functions run once, at the first request: processes with different secrets
 * could not open each other's sessions, so a secret is replaced by a deploy.
 *
 * @param timeout seconds that a function may take
 */
export function createSessionSecrets(secrets: Secret[], timeout: number, platform: Platform): SessionSecrets {
  const keys: KeyObject[] = []
  let isLoaded = secrets.every((secret) => typeof secret === 'string')
  let loading: Promise<void> | null = null
  if (isLoaded) keys.push(...secrets.map((text) => createKey(String(text))))
  return {
    keys,
    load() {
      if (isLoaded) return null
      return (loading ??= loadKeys().finally(() => (loading = null)))
    },
  }

  async function loadKeys(): Promise<void> {
    const texts = await Promise.all(secrets.map(readText))
    keys.push(...texts.map(createKey))
    isLoaded = true
  }

  async function readText(secret: Secret): Promise<string> {
    if (typeof secret === 'string') return secret
    const text = await runSecretFunction(secret, timeout, platform).catch((error: unknown) => {
      throw createUnreadableError('the option secret', describeError(error))
    })
    if (text.length >= minSecretCharacters) return text
    throw new BffError('server_error', 'A secret of this server cannot be used; see its log', {
      hint: `The option secret cannot be used: its function returned ${text.length} characters. Expected: at least ${minSecretCharacters}`,
    })
  }
}

function createKey(text: string): KeyObject {
  return createSecretKey(Buffer.from(text))
}
