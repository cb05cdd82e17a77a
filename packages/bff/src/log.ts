import { BffError } from './errors.ts'

/** Where the BFF writes what an operator should know. No message ever holds a secret. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/* oxlint-disable no-console -- the one place that writes to the console */
/** Writes to the console of the process. */
export const consoleLogger: Logger = {
  info: (message) => console.info(`[latchkey] ${message}`),
  warn: (message) => console.warn(`[latchkey] ${message}`),
  error: (message) => console.error(`[latchkey] ${message}`),
}
/* oxlint-enable no-console */

/** Says what went wrong, for a log: our own hint, or the place in the code and what our own code or Node said there. */
export function describeError(error: unknown): string {
  if (error instanceof BffError) return error.hint ?? error.message
  return error instanceof Error ? (error.stack ?? error.message) : 'something that is no error was thrown'
}
