import type { Server } from './server.ts'
import type { CheckContext } from './check-context.ts'

/** One promise of the BFF in front of any server. */
export interface Check {
  readonly name: string
  /** Why a server has no part in it, from what its file says; nothing when it has. */
  readonly lacks?: (server: Server) => string | false
  /**
   * Throws what `finding.ts` has words for; what it returns stands in the row, where servers differ and the BFF has
   * to differ with them.
   */
  readonly run: (scene: CheckContext) => Promise<string | undefined>
}
