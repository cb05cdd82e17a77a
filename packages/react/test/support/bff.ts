import type { Network } from '@latchkey/core/testing'
import { createErrorResponse } from '@latchkey/core/testing'
import type { User } from './user.ts'
import { cathy, noor } from './user.ts'

/** A BFF in front of one browser. */
export interface OneBrowserBff {
  readonly network: Network
  /** Starts a session as a sign-in does, of which the page does not know yet. */
  readonly begin: (user: User) => void
  readonly end: () => void
}

/**
 * A BFF that knows the browser's session without a cookie: the DOM of these tests takes the `Cookie`
 * header out of every `Request`, as real ones do. Whoever signs in is named by the username.
 */
export function createOneBrowserBff({ expiresIn }: { expiresIn: number }): OneBrowserBff {
  let begun = 0
  let session: { id: string; user: User; sequence: number } | null = null

  const begin = (user: User): void => {
    begun += 1
    session = { id: `session-${begun}`, user, sequence: 1 }
  }
  const answer = (): Response =>
    Response.json({
      session: session && {
        session_id: session.id,
        subject: `subject-${session.user.id}`,
        user: session.user,
        scope: ['read'],
        expires_in: 28_800,
      },
      ...(session && {
        token: {
          access_token: `${session.id}.token-${session.sequence}`,
          token_type: 'Bearer',
          expires_in: expiresIn,
          sequence: session.sequence,
        },
      }),
      mode: 'token',
      sign_in: {},
    })

  return {
    begin,
    end: () => {
      session = null
    },
    network: async (request) => {
      switch (`${request.method} ${new URL(request.url).pathname}`) {
        case 'GET /auth/session':
          return answer()
        case 'POST /auth/session': {
          const { credentials } = (await request.json()) as { credentials: { username: string } }
          begin(credentials.username === 'noor' ? noor : cathy)
          return answer()
        }
        case 'POST /auth/token':
          if (!session) return createErrorResponse(401, 'login_required', { reason: 'idle' })
          session.sequence += 1
          return answer()
        case 'DELETE /auth/session':
          session = null
          return new Response(null, { status: 204 })
        default:
          return new Response(null, { status: 404 })
      }
    },
  }
}
