import { BffError } from '../errors.ts'
import { runInstrumented } from '../instrument.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { RouteContext } from './route-context.ts'
import { handleSignIn } from './sign-in.ts'

/** POST session, measured: its outcome is `accepted`, or the code of the error. */
export function handleMeasuredSignIn(context: RouteContext, request: RouteRequest): Promise<RouteResponse> {
  return runInstrumented(context.instrument, { name: 'sign_in' }, async (end) => {
    try {
      const response = await handleSignIn(context, request)
      end('accepted')
      return response
    } catch (error) {
      end(error instanceof BffError ? error.code : 'server_error')
      throw error
    }
  })
}
