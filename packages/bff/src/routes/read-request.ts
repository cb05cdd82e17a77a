import type { TokenRequest } from '@latchkey/wire'
import { BffError, createTooLongError } from '../errors.ts'
import { parseSessionCookie } from '../sessions/session-cookie.ts'
import { tokenRequestSchema } from '../wire-schemas.ts'
import type { Platform } from '../platform.ts'
import type { RequestBody, RouteRequest } from '../route-request.ts'
import type { RouteContext } from './route-context.ts'

const maxBodyBytes = 16_384
const maxBodySeconds = 10
const decoder = new TextDecoder()

/** Returns the session cookie of a request, decoded, or `null`. */
export function readSessionCookie(context: RouteContext, request: RouteRequest): Uint8Array | null {
  return parseSessionCookie(context.getSessionCookie(request.url), request.getHeader('cookie'))
}

/**
 * Reads the JSON body of a request.
 *
 * @throws BffError `invalid_request`; the message contains nothing of the body
 */
export async function readJsonBody(platform: Platform, request: RouteRequest): Promise<unknown> {
  const type = request.getHeader('content-type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw createInvalidRequestError('The Content-Type must be application/json')
  const bytes = request.body ? await readBody(platform, request.body, maxBodyBytes, maxBodySeconds) : null
  try {
    return JSON.parse(decoder.decode(bytes ?? undefined))
  } catch {
    throw createInvalidRequestError('The request body is not valid JSON')
  }
}

/**
 * Reads a body.
 *
 * @throws BffError `invalid_request`: with status 413 when it is longer than `maxBytes`, 408 when it takes longer than
 *   `maxSeconds`, 400 when it ends early
 */
export async function readBody(
  platform: Platform,
  body: RequestBody,
  maxBytes: number,
  maxSeconds: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let stopTimer = (): void => {}
  const timeLimit = new Promise<never>((_, reject) => {
    stopTimer = platform.startTimer(maxSeconds * 1000, () => {
      const message = `The request body took longer than ${maxSeconds} s`
      reject(new BffError('invalid_request', message, { status: 408 }))
    })
  })
  try {
    const bytes = await Promise.race([body.readBytes(maxBytes), timeLimit])
    if (bytes === null) throw createTooLongError(maxBytes)
    return bytes
  } catch (error) {
    throw error instanceof BffError ? error : createInvalidRequestError('The request body ended early')
  } finally {
    stopTimer()
  }
}

/** Reads the body of a request for a newer token. */
export async function readTokenRequest(platform: Platform, request: RouteRequest): Promise<TokenRequest> {
  const body = tokenRequestSchema.safeParse(await readJsonBody(platform, request))
  if (!body.success) throw createInvalidRequestError('The request body must be { session_id, after }')
  return body.data
}

/** Creates an `invalid_request` error; the message says what is wrong with the request. */
export function createInvalidRequestError(message: string): BffError {
  return new BffError('invalid_request', message)
}
