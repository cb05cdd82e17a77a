import type { DeadlinePlatform } from './deadline.ts'
import { runWithDeadline } from './deadline.ts'
import { BffError } from './errors.ts'
import type { Logger } from './log.ts'
import { describeError } from './log.ts'

/** Reads a secret, for example from a file or a vault. */
export type ReadSecret = () => string | Promise<string>

/** A secret as text, or a function that reads it. */
export type Secret = string | ReadSecret

/** Reads one secret by a function of the deployer. */
export interface SecretReader {
  /**
   * Returns the text, which is at most a minute old unless reading it again failed.
   *
   * @throws BffError `temporarily_unavailable` when it has never been read
   */
  read(): Promise<string>
  /** Returns the text after a server rejected another one or this one: then the function has run again. */
  readAgain(rejected: string): Promise<string>
}

/** The options of {@link createSecretReader}. */
export interface SecretReaderOptions {
  /** What the log calls the secret: "the client secret". */
  name: string
  /** Seconds that the function may take. */
  timeout: number
  platform: DeadlinePlatform
  logger: Logger
}

/** Milliseconds after which a text is read again, for servers that reject a replaced secret without `invalid_client`. */
const maxAgeMs = 60_000

/** Creates a reader that keeps the last text, and reads it once for all callers at a time. */
export function createSecretReader(
  readSecret: ReadSecret,
  { name, timeout, platform, logger }: SecretReaderOptions,
): SecretReader {
  let current: { text: string; readAt: number } | null = null
  let reading: Promise<string> | null = null

  return {
    async read() {
      const isFresh = current && platform.monotonicNow() - current.readAt < maxAgeMs
      return current && isFresh ? current.text : load()
    },
    async readAgain(rejected) {
      return current && current.text !== rejected ? current.text : load()
    },
  }

  function load(): Promise<string> {
    reading ??= loadText().finally(() => (reading = null))
    return reading
  }

  async function loadText(): Promise<string> {
    try {
      const text = await runSecretFunction(readSecret, timeout, platform)
      current = { text, readAt: platform.monotonicNow() }
      return text
    } catch (error) {
      const reason = describeError(error)
      if (!current) throw createUnreadableError(name, reason)
      logger.warn(
        `Reading ${name} failed: ${reason}. Latchkey uses the one that it read before, and reads it again after a minute.`,
      )
      current = { ...current, readAt: platform.monotonicNow() }
      return current.text
    }
  }
}

/** Creates the error of a request that needs a secret which cannot be read. */
export function createUnreadableError(name: string, reason: string): BffError {
  return new BffError('temporarily_unavailable', 'A secret of this server cannot be read; see its log', {
    hint: `Reading ${name} failed: ${reason}`,
    retryAfter: 1,
  })
}

/**
 * Runs a function that reads a secret.
 *
 * @param timeout seconds that it may take
 * @throws BffError whose hint says what went wrong, and contains nothing that the function returned or threw
 */
export async function runSecretFunction(
  readSecret: ReadSecret,
  timeout: number,
  platform: DeadlinePlatform,
): Promise<string> {
  const createTimeoutError = (): Error => createFailure(`its function did not return within ${timeout} s`)
  let text: unknown
  try {
    text = await runWithDeadline(platform, timeout * 1000, createTimeoutError, async () => readSecret())
  } catch (error) {
    // The message of another error may contain the secret, or the token of a vault.
    throw error instanceof BffError ? error : createFailure('its function threw an error')
  }
  if (typeof text !== 'string' || text === '')
    throw createFailure('its function did not return a string that is not empty')
  return text
}

function createFailure(hint: string): BffError {
  return new BffError('temporarily_unavailable', 'A secret cannot be read', { hint })
}
