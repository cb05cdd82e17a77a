import type { ErrorResponse, SessionResponse } from '@latchkey/wire'
import { errorResponseSchema, sessionResponseSchema } from '../../packages/bff/src/wire-schemas.ts'
import type { Exchange } from '../support/bff-client.ts'

/** A broken promise. The message contains only our own words, status codes and error codes. */
export class CheckFailedError extends Error {
  override readonly name = 'CheckFailedError'
}

/** A check does not apply to the server; the message says why. */
export class CheckSkippedError extends Error {
  override readonly name = 'CheckSkippedError'
}

/** @throws CheckFailedError with `otherwise` as its message, unless `holds` is true */
export function assertHolds(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new CheckFailedError(otherwise)
}

/** An error response of the BFF, with its status and its body text. */
export type BffErrorResponse = ErrorResponse & { status: number; text: string }

export async function readErrorResponse(response: Response): Promise<BffErrorResponse> {
  const text = await response.text()
  const result = errorResponseSchema.safeParse(tryParseJson(text))
  assertHolds(result.success, `the BFF responded with ${response.status} without one of its error codes`)
  return { ...result.data, status: response.status, text }
}

/** Whether an error response has this status, code and reason. */
export function isError(
  response: BffErrorResponse,
  status: number,
  error: ErrorResponse['error'],
  reason?: string,
): boolean {
  return response.status === status && response.error === error && response.reason === reason
}

export function describeError({ status, error, reason }: BffErrorResponse): string {
  return [status, error, reason].filter(Boolean).join(' ')
}

export async function readSession(response: Response): Promise<SessionResponse> {
  if (response.status !== 200)
    throw new CheckFailedError(
      `the BFF responded with ${describeError(await readErrorResponse(response))}. Expected: 200`,
    )
  const result = sessionResponseSchema.safeParse(tryParseJson(await response.text()))
  assertHolds(result.success, 'the BFF responded with 200 without a session')
  return result.data
}

/** Describes a server's response by its status and error code. */
export function describeExchange(exchange: Exchange | undefined, endpoint = 'the server'): string {
  if (exchange === undefined) return `the BFF sent no request to ${endpoint}`
  const { status, isEmpty } = exchange
  if (status === null) return `${endpoint} did not respond`
  return `${endpoint} responded with ${isEmpty ? 'an empty ' : ''}${status} ${getErrorCode(exchange)}`.trim()
}

/** Returns the `error` of an error response (RFC 6749 §5.2), or an empty string. */
export function getErrorCode({ body }: Exchange): string {
  const code = body['error']
  return typeof code === 'string' && /^[\w.-]{1,60}$/.test(code) ? code : ''
}

/** Whether the server issued an access token. */
export function hasToken({ status, body }: Exchange): boolean {
  return status !== null && status < 300 && typeof body['access_token'] === 'string'
}

/** The cause of a failed sign-in as the server's response states it: `unclear` where RFC 6749 §5.2 does not decide. */
export type BlamedParty = 'server' | 'client' | 'user' | 'unclear'

export function getBlamedParty(exchange: Exchange): BlamedParty {
  const { status, body } = exchange
  const code = getErrorCode(exchange)
  if (status === null || status >= 500 || status === 408 || status === 429) return 'server'
  if (code === 'temporarily_unavailable' || code === 'server_error') return 'server'
  // Some servers say so of a value that the user entered.
  if (code === 'invalid_request') return 'unclear'
  if (/^(invalid_(client|client_metadata|scope)|unauthorized_client|unsupported_grant_type)$/.test(code))
    return 'client'
  const blamesUser = code === 'invalid_grant' || body['error'] === undefined
  return blamesUser && [400, 401, 403].includes(status) ? 'user' : 'unclear'
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
