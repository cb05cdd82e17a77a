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

/** Says what went wrong, for a log: the place in the code, and a message that our own code or Node wrote. */
export function told(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : 'something that is no error was thrown'
}
