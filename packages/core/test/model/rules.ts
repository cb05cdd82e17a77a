import type { SentRequest } from './network-model.ts'
import type { ClientPage, Simulation } from './simulation.ts'
import { maxMessageDelay } from './browser-model.ts'
import { mayForget } from './user-acts.ts'

/** Sleep and latency that a page cannot measure, in milliseconds. */
const clockToleranceMs = 2_500
/** What one page may send in a second, and in a minute without a command. */
const maxRequestsPerSecond = 8
const maxRequestsPerMinute = 40

const splitToken = (token: string): [sessionId: string, sequence: number] => {
  const [sessionId = '', sequence] = token.split('.')
  return [sessionId, Number(sequence)]
}

const report = ({ violations, timeline }: Simulation, { number }: ClientPage, text: string): void =>
  void violations.push(`${timeline.now().toFixed(0)} ms, page ${number}: ${text}`)

/** Looks at a token that a page shows or sends. */
function watchToken(simulation: Simulation, page: ClientPage, token: string, verb: string): void {
  const { timeline, bff } = simulation
  const [sessionId, sequence] = splitToken(token)
  const { status, session } = page.client.getState()
  if (status !== 'signed-in' || session.id !== sessionId)
    report(simulation, page, `${verb} ${token} while ${status} with ${session?.id}`)
  if (page.isDisposed) report(simulation, page, `${verb} ${token} after dispose`)
  if (sequence < (page.sequences.get(sessionId) ?? 0)) report(simulation, page, `${verb} the older ${token}`)
  page.sequences.set(sessionId, sequence)
  const expiredMs = timeline.realNow() - bff.getExpiry(token)
  if (expiredMs > clockToleranceMs && !page.page.isClockUnread)
    report(simulation, page, `${verb} ${token} ${expiredMs.toFixed(0)} ms after its end`)
}

/** Looks at a request at the moment when a page sends it. */
export function watchRequest(simulation: Simulation, page: ClientPage, request: SentRequest): void {
  const { timeline, log, commandTimes, callSubjects, callSessions } = simulation
  const { method, path, authorization } = request
  log.push(`${timeline.now().toFixed(0)} page ${page.number}: ${method} ${path} ${authorization ?? ''}`)
  if (page.isDisposed) report(simulation, page, `sent ${method} ${path} after dispose`)

  const now = timeline.now()
  if (/^\/auth\/session\?session_id=(&|$)/.test(path)) simulation.acts.lastUnnamedAt = now
  const countSince = (times: readonly number[], since: number): number =>
    times.filter((time) => time > since).length
  const { sentAt } = page.page
  const recentCommands = countSince(commandTimes, now - 15_000)
  if (countSince(sentAt, now - 1_000) > maxRequestsPerSecond + 4 * recentCommands)
    report(simulation, page, `sent ${countSince(sentAt, now - 1_000)} requests in a second`)
  if (countSince(sentAt, now - 60_000) > maxRequestsPerMinute + 8 * countSince(commandTimes, now - 75_000))
    report(simulation, page, `sent ${countSince(sentAt, now - 60_000)} requests in a minute`)

  if (authorization === undefined) return
  watchToken(simulation, page, authorization.replace('Bearer ', ''), 'sent')
  const { session } = page.client.getState()
  const callNumber = Number(/call=(\d+)/.exec(path)?.[1])
  const subject = callSubjects[callNumber]
  if (subject && session?.subject !== subject)
    report(simulation, page, `sent a request of ${subject} for ${session?.subject}`)
  const firstSession = callSessions.get(callNumber)
  if (firstSession !== undefined && firstSession !== session?.id)
    report(simulation, page, `sent a request of ${firstSession} again for ${session?.id}`)
  callSessions.set(callNumber, session?.id ?? '')
}

/** Looks at a page after everything that happened at once. */
export function watchPage(simulation: Simulation, page: ClientPage): void {
  const { client } = page
  const { status, session } = client.getState()
  const token = client.accessToken.get()
  if (token !== null) watchToken(simulation, page, token, 'shows')
  const shown = status === 'signed-in' ? session.id : ''
  if (shown !== page.shownSession && shown) watchShownSession(simulation, page, shown)
  page.shownSession = shown
}

/** Looks at a session that a page begins to show: no user may have signed out of it, as far as the page can know. */
function watchShownSession(simulation: Simulation, page: ClientPage, sessionId: string): void {
  const { acts, circumstances, timeline } = simulation
  const wasSignedOut = acts.signOuts.some(
    (act) =>
      act.sessionId === sessionId &&
      !mayForget(acts, circumstances.storage, act) &&
      (act.page === page.number ||
        (act.isNamed &&
          circumstances.channels &&
          page.unsubscribe !== null &&
          page.subscribedAt < act.at &&
          // A page in the back-forward cache misses messages; then only the storage tells.
          (circumstances.storage === 'works' || page.page.resumedAt < act.at) &&
          timeline.now() > Math.max(act.at, page.page.resumedAt) + maxMessageDelay + 10)),
  )
  if (wasSignedOut) report(simulation, page, `is signed in as ${sessionId} after the sign-out`)
}
