import { BffError } from './errors.ts'

/** Receives the BFF's log lines for the operator. No line contains a secret. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/* oxlint-disable no-console -- the only writes to the console */
/** The default logger: writes to the console of the process. */
export const consoleLogger: Logger = {
  info: (message) => console.info(`[latchkey] ${message}`),
  warn: (message) => console.warn(`[latchkey] ${message}`),
  error: (message) => console.error(`[latchkey] ${message}`),
}
/* oxlint-enable no-console */

/** Logs a warning unless its key is among `loggedKeys`; `Platform.loggedKeys` are those of the process. */
export function warnOnce(logger: Logger, loggedKeys: Set<string>, key: string, message: string): void {
  if (loggedKeys.has(key)) return
  loggedKeys.add(key)
  logger.warn(message)
}

/** Describes an error for the log: the hint or message of a {@link BffError}, the stack of any other error. */
export function describeError(error: unknown): string {
  if (error instanceof BffError) return error.hint ?? error.message
  return error instanceof Error ? (error.stack ?? error.message) : 'a value that is not an Error was thrown'
}
