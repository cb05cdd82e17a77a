import { BffError } from '../errors.ts'
import type { Instrument } from '../instrument.ts'
import { runInstrumented } from '../instrument.ts'
import type { RefreshResult } from './refresh-result.ts'
import type { LoadedSession } from './sessions.ts'

/**
 * Measures a refresh. Its outcome is `ok`, `adopted` (another process has refreshed), `unneeded`, `transient` (it is tried
 * again later), `ended`, `lost` (the session ended because a response was lost) or `failed`.
 *
 * @param work calls its argument when it has got a token
 */
export function runMeasuredRefresh(
  instrument: Instrument | undefined,
  session: LoadedSession,
  work: (onIssued: () => void) => Promise<RefreshResult>,
): Promise<RefreshResult> {
  return runInstrumented(instrument, { name: 'refresh' }, async (end) => {
    let wasIssued = false
    try {
      const result = await work(() => (wasIssued = true))
      end(getOutcome(result, session, wasIssued))
      return result
    } catch (error) {
      if (error instanceof BffError && error.code === 'login_required')
        end(error.reason === 'refresh_lost' ? 'lost' : 'ended')
      throw error
    }
  })
}

function getOutcome({ failure, session }: RefreshResult, before: LoadedSession, wasIssued: boolean): string {
  if (failure) return 'transient'
  if (wasIssued) return 'ok'
  return session.data.sequence > before.data.sequence ? 'adopted' : 'unneeded'
}
