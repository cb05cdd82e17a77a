import type { ErrorResponse, SessionResponse } from '@latchkey/wire'
import { errorResponseSchema, sessionResponseSchema } from '../../packages/bff/src/wire-schemas.ts'
import type { Exchange } from '../support/bff-client.ts'

/** A promise that is not kept. The message is made of our own words, status codes and error codes alone. */
export class CheckFailedError extends Error {
  override readonly name = 'Broken'
}

/** Why a server cannot be asked to keep one. */
export class CheckSkippedError extends Error {
  override readonly name = 'Impossible'
}

/** Throws {@link CheckFailedError} unless it holds. */
export function assertHolds(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new CheckFailedError(otherwise)
}

/** What the BFF answered to a page, when it was no success. */
export type Refusal = ErrorResponse & { status: number; text: string }

export async function refusalFrom(response: Response): Promise<Refusal> {
  const text = await response.text()
  const read = errorResponseSchema.safeParse(jsonFrom(text))
  assertHolds(read.success, `the BFF answered ${response.status} without one of its error codes`)
  return { ...read.data, status: response.status, text }
}

/** Refusals are told apart by these three. */
export function is(
  refusal: Refusal,
  status: number,
  error: ErrorResponse['error'],
  reason?: string,
): boolean {
  return refusal.status === status && refusal.error === error && refusal.reason === reason
}

export function describeError({ status, error, reason }: Refusal): string {
  return [status, error, reason].filter(Boolean).join(' ')
}

export async function sessionFrom(response: Response): Promise<SessionResponse> {
  if (response.status !== 200)
    throw new CheckFailedError(`the BFF answered ${describeError(await refusalFrom(response))}`)
  const read = sessionResponseSchema.safeParse(jsonFrom(await response.text()))
  assertHolds(read.success, 'the BFF answered 200 without a session')
  return read.data
}

/** What the server said, in its status and its error code. */
export function describeExchange(exchange: Exchange | undefined): string {
  if (exchange === undefined) return 'nothing and was not asked'
  const { status, empty } = exchange
  if (status === null) return 'nothing'
  return `${empty ? 'an empty ' : ''}${status} ${codeOf(exchange)}`.trim()
}

/** The error code of RFC 6749 §5.2, or what stands in its place; empty where there is none. */
export function codeOf({ body }: Exchange): string {
  const code = body['error']
  return typeof code === 'string' && /^[\w.-]{1,60}$/.test(code) ? code : ''
}

/** Whether the server gave a token. */
export function isIssued({ status, body }: Exchange): boolean {
  return status !== null && status < 300 && typeof body['access_token'] === 'string'
}

/** Whom a refused sign-in blames: RFC 6749 §5.2, where it has words for that. */
export type Blamed = 'nobody' | 'client' | 'user' | 'somebody'

export function getBlamedParty(exchange: Exchange): Blamed {
  const { status, body } = exchange
  const code = codeOf(exchange)
  if (status === null || status >= 500 || status === 408 || status === 429) return 'nobody'
  if (code === 'temporarily_unavailable' || code === 'server_error') return 'nobody'
  if (/^(invalid_(client|request|scope)|unauthorized_client|unsupported_grant_type)$/.test(code))
    return 'client'
  const plain = code === 'invalid_grant' || body['error'] === undefined
  return plain && [400, 401, 403].includes(status) ? 'user' : 'somebody'
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
