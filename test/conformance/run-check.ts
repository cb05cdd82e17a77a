import type { Check } from './check.ts'
import { CheckFailedError, CheckSkippedError } from './finding.ts'
import { createCheckContext } from './check-context.ts'
import type { Server } from './server.ts'
import type { ClientAuthMethod } from './client-auth-method.ts'

/** What came of one check. */
export interface Row {
  readonly outcome: 'ok' | 'FAILED' | 'skipped'
  /** Why it failed or was skipped, or where the server differs from others; holds no secret. */
  readonly note: string
}

/** Runs one check of one server. Never rejects. */
export async function runCheck(check: Check, server: Server, way: ClientAuthMethod): Promise<Row> {
  const lacking = check.lacks?.(server)
  if (lacking) return { outcome: 'skipped', note: lacking }
  const scene = createCheckContext(server, way)
  const run = await rowOf(() => check.run(scene))
  const closing = await rowOf(() => scene.close())
  return closing.outcome === 'FAILED' ? closing : run
}

async function rowOf(work: () => Promise<string | void>): Promise<Row> {
  try {
    return { outcome: 'ok', note: (await work()) ?? '' }
  } catch (error) {
    if (error instanceof CheckSkippedError) return { outcome: 'skipped', note: error.message }
    if (error instanceof CheckFailedError) return { outcome: 'FAILED', note: error.message }
    // Nobody knows what its message holds: the place in the code is enough.
    const [, place = ''] = /\n\s+at (.+)/.exec(error instanceof Error ? String(error.stack) : '') ?? []
    return {
      outcome: 'FAILED',
      note: `an unforeseen ${error instanceof Error ? error.name : 'throw'} at ${place}`,
    }
  }
}
