import type { Check } from './check.ts'
import { CheckFailedError, CheckSkippedError } from './finding.ts'
import { createCheckContext } from './check-context.ts'
import type { Server } from './server.ts'
import type { ClientAuthMethod } from './client-auth-method.ts'
import { withClientAuthMethod } from './client-auth-method.ts'

/** The result of one check. */
export interface CheckResult {
  readonly outcome: 'ok' | 'FAILED' | 'skipped'
  /** Why the check failed or was skipped, or how the server differs from others. Contains no secret. */
  readonly note: string
}

/** The result of one check with one client authentication method. */
export interface MethodResult extends CheckResult {
  readonly method: string
}

/** Combines the results of all methods into one: a check fails if it fails with one, and is skipped if it is with all. */
export function combineResults(results: readonly MethodResult[]): CheckResult {
  const outcome =
    (['FAILED', 'ok'] as const).find((candidate) => results.some((result) => result.outcome === candidate)) ??
    'skipped'
  const [first] = results
  const isUniform = results.every((result) => result.outcome === outcome && result.note === first?.note)
  if (isUniform) return { outcome, note: first?.note ?? '' }
  const methodsByNote = new Map<string, string[]>()
  for (const result of results) {
    const note = [result.outcome === outcome ? '' : result.outcome, result.note].filter(Boolean).join(', ')
    methodsByNote.set(note, [...(methodsByNote.get(note) ?? []), result.method])
  }
  methodsByNote.delete('')
  const notes = [...methodsByNote].map(([note, methods]) => `${methods.join(', ')}: ${note}`)
  return { outcome, note: notes.join('; ') }
}

/** Runs one check of one server. Never rejects. */
export async function runCheck(
  check: Check,
  describedServer: Server,
  clientAuthMethod: ClientAuthMethod,
): Promise<CheckResult> {
  const server = withClientAuthMethod(describedServer, clientAuthMethod)
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
