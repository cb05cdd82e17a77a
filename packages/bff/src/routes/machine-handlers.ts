import type { Authorize, Who } from '../sessions/machine-session.ts'
import { sessionOf } from '../sessions/machine-session.ts'
import { BffError } from '../errors.ts'
import { ended } from '../sessions/refresh-result.ts'
import type { Session } from '../sessions/sessions.ts'
import { accessOf } from './access.ts'
import type { Access, Call, House, Route } from './route-context.ts'
import { noSessionAnswer, sessionAnswer } from './session-response.ts'
import { tokenRequestOf } from './read-request.ts'

/** How callers are served: by their own sessions, or by the application's. */
export interface CallerRoutes {
  restore: Route
  signIn: Route
  signOut: Route
  token: Route
  /** Finds what a request through the proxy is sent with. */
  access: (house: House, call: Call) => Promise<Access>
}

/**
 * The routes of a provider whose login is automatic. `authorize` is asked at every request, and nothing is remembered
 * of its answer: whom it no longer admits is out at once.
 */
export function createApplicationRoutes(
  authorize: Authorize,
  application: () => Promise<Session>,
): CallerRoutes {
  return {
    /** GET session: who is asking; nobody where `authorize` admits nobody. */
    async restore(house, call) {
      const who = await whoAsks(call)
      return who ? answerTo(house, who) : noSessionAnswer()
    },
    /** POST session: nothing is typed, so that it does what GET does; but who is not admitted is told so. */
    signIn: async (house, call) => answerTo(house, await admitted(call)),
    /** DELETE session: there is nothing to end here. Who signs callers in elsewhere signs them out there. */
    signOut: async () => new Response(null, { status: 204 }),
    /** POST token: a newer token of the application, which one caller's rejected one brings for all. */
    async token(house, call) {
      const who = await admitted(call)
      const { session_id, after } = await tokenRequestOf(call)
      const found = await application()
      if (sessionOf(who, found).ticket.sessionId !== session_id) throw ended('session_changed')
      const { session } = await accessOf(house, found, after >= found.data.sequence)
      return sessionAnswer(house, sessionOf(who, session))
    },
    async access(house, call) {
      await admitted(call)
      return accessOf(house, await application())
    },
  }

  /** Who somebody is does not hang on the token: without one at the moment, the answer has none. */
  async function answerTo(house: House, who: Who): Promise<Response> {
    const { session } = await house.refresh(await application(), false)
    return sessionAnswer(house, sessionOf(who, session))
  }

  async function admitted(call: Call): Promise<Who> {
    const who = await whoAsks(call)
    if (!who) throw new BffError('access_denied', 'The caller is not admitted')
    return who
  }

  /** Without the body: what a page sends to the resource server is for nobody else to read. */
  function whoAsks({ request }: Call): Who | null | Promise<Who | null> {
    const { url, method, headers, signal } = request
    return authorize(new Request(url, { method, headers, signal }))
  }
}
