import { BffError } from './errors.ts'

/** What belongs to a log line. */
export interface LogDetails {
  /** Names the request that the line is about, as audit events and the header `X-Request-Id` of its response do. */
  requestId?: string
}

/** Receives the BFF's log lines for the operator. No line contains a secret. */
export interface Logger {
  info(message: string, details?: LogDetails): void
  warn(message: string, details?: LogDetails): void
  error(message: string, details?: LogDetails): void
}

/* oxlint-disable no-console -- the only writes to the console */
/** The default logger: writes to the console of the process. */
export const consoleLogger: Logger = {
  info: (message, details) => console.info(formatLine(message, details)),
  warn: (message, details) => console.warn(formatLine(message, details)),
  error: (message, details) => console.error(formatLine(message, details)),
}
/* oxlint-enable no-console */

function formatLine(message: string, { requestId }: LogDetails = {}): string {
  return `[latchkey] ${message}${requestId === undefined ? '' : ` (request ${requestId})`}`
}

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
