import type { TokenRequest } from '@latchkey/wire'
import { boundedText } from '../bounded-body.ts'
import { BffError } from '../errors.ts'
import { readCookie } from '../sessions/session-cookie.ts'
import { tokenRequest } from '../wire-schemas.ts'
import type { Call } from './route-context.ts'

const longestRequest = 16_384

/** The ticket that the request carries. */
export function ticketOf({ request, cookie }: Call): Uint8Array | null {
  return readCookie(cookie, request.headers.get('Cookie'))
}

/**
 * The JSON body of a request.
 *
 * @throws BffError `invalid_request` without a word of the body in it
 */
export async function jsonOf(request: Request): Promise<unknown> {
  const type = request.headers.get('Content-Type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) throw invalid('The body must be application/json')
  const text = await boundedText(request.body, longestRequest).catch(() => {
    throw invalid('The body broke off')
  })
  if (text === null)
    throw new BffError('invalid_request', `The body is longer than ${longestRequest} bytes`, { status: 413 })
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('The body is no JSON')
  }
}

/** The body of a request for a newer token. */
export async function tokenRequestOf({ request }: Call): Promise<TokenRequest> {
  const body = tokenRequest.safeParse(await jsonOf(request))
  if (!body.success) throw invalid('The body must be { session_id, after }')
  return body.data
}

/** An `invalid_request` that says what is wrong with it. */
export function invalid(message: string): BffError {
  return new BffError('invalid_request', message)
}
