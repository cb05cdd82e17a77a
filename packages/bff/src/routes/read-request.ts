import type { TokenRequest } from '@latchkey/wire'
import { readBoundedText } from '../bounded-body.ts'
import { BffError } from '../errors.ts'
import { parseSessionCookie } from '../sessions/session-cookie.ts'
import { tokenRequestSchema } from '../wire-schemas.ts'
import type { RouteRequest } from './route-context.ts'

const maxBodyBytes = 16_384

/** Returns the session cookie of a request, decoded, or `null`. */
export function readSessionCookie({ raw, cookie }: RouteRequest): Uint8Array | null {
  return parseSessionCookie(cookie, raw.headers.get('Cookie'))
}

/**
 * Reads the JSON body of a request.
 *
 * @throws BffError `invalid_request`; the message contains nothing of the body
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const type = request.headers.get('Content-Type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw createInvalidRequestError('The Content-Type must be application/json')
  const text = await readBoundedText(request.body, maxBodyBytes).catch(() => {
    throw createInvalidRequestError('The request body ended early')
  })
  if (text === null)
    throw new BffError('invalid_request', `The request body is longer than ${maxBodyBytes} bytes`, {
      status: 413,
    })
  try {
    return JSON.parse(text)
  } catch {
    throw createInvalidRequestError('The request body is not valid JSON')
  }
}

/** Reads the body of a request for a newer token. */
export async function readTokenRequest({ raw }: RouteRequest): Promise<TokenRequest> {
  const body = tokenRequestSchema.safeParse(await readJsonBody(raw))
  if (!body.success) throw createInvalidRequestError('The request body must be { session_id, after }')
  return body.data
}

/** Creates an `invalid_request` error; the message says what is wrong with the request. */
export function createInvalidRequestError(message: string): BffError {
  return new BffError('invalid_request', message)
}
