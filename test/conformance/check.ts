import type { Server } from './server.ts'
import type { CheckContext } from './check-context.ts'

/** A promise of the BFF that holds with any authorization server. */
export interface Check {
  readonly name: string
  /** Returns why the check does not apply to a server, or `false` if it does. */
  readonly getSkipReason?: (server: Server) => string | false
  /**
   * Returns a note for the row if servers differ here.
   *
   * @throws CheckFailedError if the promise is broken
   * @throws CheckSkippedError if the server turns out to lack what the check needs
   */
  readonly run: (context: CheckContext) => Promise<string | undefined>
}
