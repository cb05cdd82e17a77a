import type { ErrorCode, LoginRequiredReason, SignInChallenge } from '@latchkey/wire'

/**
 * Creates an error response as a BFF sends it, for `intercept` of a fake BFF.
 *
 * @param details `retryAfter` is in seconds
 *
 * @example
 * createErrorResponse(429, 'rate_limited', { retryAfter: 30 })
 */
export function createErrorResponse(
  status: number,
  error: ErrorCode,
  details: { reason?: LoginRequiredReason; challenge?: SignInChallenge; retryAfter?: number } = {},
): Response {
  const { retryAfter, ...body } = details
  return Response.json(
    { error, ...body },
    { status, headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) } },
  )
}
