import type { Check } from './check.ts'
import { Broken, Impossible } from './finding.ts'
import { openScene } from './check-context.ts'
import type { Server } from './server.ts'
import type { Way } from './client-auth-method.ts'

/** What came of one check. */
export interface Row {
  readonly outcome: 'ok' | 'FAILED' | 'skipped'
  /** Why it failed or was skipped, or where the server differs from others; holds no secret. */
  readonly note: string
}

/** Runs one check of one server. Never rejects. */
export async function runCheck(check: Check, server: Server, way: Way): Promise<Row> {
  const lacking = check.lacks?.(server)
  if (lacking) return { outcome: 'skipped', note: lacking }
  const scene = openScene(server, way)
  const run = await rowOf(() => check.run(scene))
  const closing = await rowOf(() => scene.close())
  return closing.outcome === 'FAILED' ? closing : run
}

async function rowOf(work: () => Promise<string | void>): Promise<Row> {
  try {
    return { outcome: 'ok', note: (await work()) ?? '' }
  } catch (error) {
    if (error instanceof Impossible) return { outcome: 'skipped', note: error.message }
    if (error instanceof Broken) return { outcome: 'FAILED', note: error.message }
    // Nobody knows what its message holds: the place in the code is enough.
    const [, place = ''] = /\n\s+at (.+)/.exec(error instanceof Error ? String(error.stack) : '') ?? []
    return {
      outcome: 'FAILED',
      note: `an unforeseen ${error instanceof Error ? error.name : 'throw'} at ${place}`,
    }
  }
}
