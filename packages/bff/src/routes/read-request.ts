import type { TokenRequest } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import { parseSessionCookie } from '../sessions/session-cookie.ts'
import { tokenRequestSchema } from '../wire-schemas.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteContext } from './route-context.ts'

const maxBodyBytes = 16_384

/** Returns the session cookie of a request, decoded, or `null`. */
export function readSessionCookie(context: RouteContext, request: RouteRequest): Uint8Array | null {
  return parseSessionCookie(context.getSessionCookie(request.url), request.getHeader('cookie'))
}

/**
 * Reads the JSON body of a request.
 *
 * @throws BffError `invalid_request`; the message contains nothing of the body
 */
export async function readJsonBody(request: RouteRequest): Promise<unknown> {
  const type = request.getHeader('content-type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw createInvalidRequestError('The Content-Type must be application/json')
  const bytes = await readBody(request)
  if (bytes === null)
    throw new BffError('invalid_request', `The request body is longer than ${maxBodyBytes} bytes`, {
      status: 413,
    })
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw createInvalidRequestError('The request body is not valid JSON')
  }
}

async function readBody({ body }: RouteRequest): Promise<Uint8Array | null> {
  try {
    return body ? await body.readBytes(maxBodyBytes) : new Uint8Array()
  } catch {
    throw createInvalidRequestError('The request body ended early')
  }
}

/** Reads the body of a request for a newer token. */
export async function readTokenRequest(request: RouteRequest): Promise<TokenRequest> {
  const body = tokenRequestSchema.safeParse(await readJsonBody(request))
  if (!body.success) throw createInvalidRequestError('The request body must be { session_id, after }')
  return body.data
}

/** Creates an `invalid_request` error; the message says what is wrong with the request. */
export function createInvalidRequestError(message: string): BffError {
  return new BffError('invalid_request', message)
}
