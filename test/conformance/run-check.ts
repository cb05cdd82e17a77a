import type { Check } from './check.ts'
import { CheckFailedError, CheckSkippedError } from './finding.ts'
import { createCheckContext } from './check-context.ts'
import type { Server } from './server.ts'
import type { ClientAuthMethod } from './client-auth-method.ts'

/** The result of one check. */
export interface CheckResult {
  readonly outcome: 'ok' | 'FAILED' | 'skipped'
  /** Why the check failed or was skipped, or how the server differs from others. Contains no secret. */
  readonly note: string
}

/** Runs one check of one server. Never rejects. */
export async function runCheck(
  check: Check,
  server: Server,
  clientAuthMethod: ClientAuthMethod,
): Promise<CheckResult> {
  const skipReason = check.getSkipReason?.(server)
  if (skipReason) return { outcome: 'skipped', note: skipReason }
  const context = createCheckContext(server, clientAuthMethod)
  const result = await captureResult(() => check.run(context))
  const closeResult = await captureResult(() => context.close())
  return closeResult.outcome === 'FAILED' ? closeResult : result
}

async function captureResult(work: () => Promise<string | void>): Promise<CheckResult> {
  try {
    return { outcome: 'ok', note: (await work()) ?? '' }
  } catch (error) {
    if (error instanceof CheckSkippedError) return { outcome: 'skipped', note: error.message }
    if (error instanceof CheckFailedError) return { outcome: 'FAILED', note: error.message }
    // The message may contain a secret, so the row names only the place in the code.
    const [, frame = ''] = /\n\s+at (.+)/.exec(error instanceof Error ? String(error.stack) : '') ?? []
    const name = error instanceof Error ? error.name : 'exception'
    return { outcome: 'FAILED', note: `unexpected ${name} at ${frame}` }
  }
}
