import { BffError } from '../errors.ts'
import type { AuditEventDetails } from '../events/audit-event.ts'
import { runInstrumented } from '../instrument.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { RouteContext } from './route-context.ts'
import { handleSignIn } from './sign-in.ts'

/**
 * POST session, measured and recorded: its outcome is `accepted`, or the code of the error. The sign-in itself records
 * that it succeeded, because only it knows the session.
 */
export function handleRecordedSignIn(context: RouteContext, request: RouteRequest): Promise<RouteResponse> {
  return runInstrumented(context.instrument, { name: 'sign_in' }, async (end) => {
    try {
      const response = await handleSignIn(context, request)
      end('accepted')
      return response
    } catch (error) {
      end(error instanceof BffError ? error.code : 'server_error')
      context.audit.record(describeFailure(error), request)
      throw error
    }
  })
}

function describeFailure(error: unknown): AuditEventDetails {
  if (!(error instanceof BffError)) return { type: 'sign_in.failed', reason: 'server_error' }
  const { code, isThrottled, retryAfter = 0 } = error
  if (isThrottled) return { type: 'sign_in.throttled', retry_after: retryAfter }
  if (code === 'challenge_required') return { type: 'sign_in.challenged' }
  const isListed = code !== 'login_required' && code !== 'insufficient_scope'
  return { type: 'sign_in.failed', reason: isListed ? code : 'server_error' }
}
