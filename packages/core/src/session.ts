import type { AuthError, EndReason } from './errors.ts'
import type { AccessToken } from './token.ts'

/** Somebody's session as the page may know it; the same object for as long as nothing in it changes. */
export interface Session<User = unknown> {
  /** No secret; new at every sign-in. */
  readonly id: string
  /** Names the user: the same one has it again after the next sign-in, another one never. */
  readonly subject: string
  readonly user: User
  readonly scope: readonly string[]
}

/** What tabs tell each other: that a session began or ended, and its public name. Never a secret. */
export interface News {
  readonly news: 'signed-in' | 'signed-out'
  readonly sessionId: string
}

/**
 * What a page shows. It holds no token, so that a refresh changes nothing here.
 *
 * ```text
 *                answered: a session                      failed: login_required,
 *  ┌───────────┐ or signed-in         ┌───────────┐       answered: nobody        ┌─────────┐
 *  │ restoring │─────────────────────▶│ signed-in │──────────────────────────────▶│ expired │
 *  │           │◀─────────────────────│           │◀──────────────────────────────│         │
 *  └───────────┘ heard, left,         └───────────┘           signed-in           └─────────┘
 *    │  ▲   ▲    session_changed        │      ▲                                    │    │
 *    │  │   └───────────────────────────┼──────┼──── heard: signed-in, left ────────┼────┘
 *    │  │                               │      │                                    │
 *    │  └── heard: signed-in ──┐        │      │ signed-in                          │
 *    │                         │        │      │                                    │
 *    │   answered: nobody    ┌────────────────────┐         signed-out,             │
 *    └──────────────────────▶│     signed-out     │◀── heard: signed-out ───────────┘
 *        login_required,     └────────────────────┘    (from signed-in too)
 *        signed-out
 * ```
 */
export type AuthState<User = unknown> =
  /** The first question is under way. A session is one that is asked about again: keep it out of sight. */
  | {
      readonly status: 'restoring'
      readonly session: Session<User> | null
      readonly error?: AuthError
      readonly reason?: never
    }
  | { readonly status: 'signed-in'; readonly session: Session<User>; readonly reason?: never }
  /** The session ended by itself: keep the page, so that the same user can sign in again without losing work. */
  | { readonly status: 'expired'; readonly session: Session<User>; readonly reason: EndReason }
  | { readonly status: 'signed-out'; readonly session: null; readonly reason?: EndReason }

/**
 * The whole of what a client knows. The world follows it: a request runs while it is `asking`, an alarm
 * is set for its {@link nextMoment}, and a new `epoch` aborts whatever belongs to the old one.
 *
 * Each function below is one event, from the machine before it to the machine after it. They are pure:
 * no clock, no network, no chance. Moments are milliseconds of the page's own clock.
 */
export interface Machine<User = unknown> {
  readonly auth: AuthState<User>
  /** Counts beginnings and ends of sessions. */
  readonly epoch: number
  readonly token: AccessToken | null
  /** Whether its own request is under way: for the session while restoring, else for the next token. */
  readonly asking: boolean
  /**
   * The one threshold, for the alarm and for whoever asks: from here on the next question is due. The
   * token's own moment, or after a failure the moment of the next try.
   */
  readonly dueAt: number
  /** The failure of the last question, and how many there were in a row. */
  readonly error?: AuthError
  readonly failures: number
}

/** What a successful answer brought. */
export interface Granted<User = unknown> {
  readonly session: Session<User>
  readonly token: AccessToken | null
}

/** The machine before its first event, or with a token at the beginning of an epoch. */
export function machineFrom<User>(
  auth: AuthState<User>,
  epoch = 0,
  token: AccessToken | null = null,
): Machine<User> {
  return { auth, epoch, token, asking: false, dueAt: token?.refreshAt ?? Infinity, failures: 0 }
}

const ask = <User>(machine: Machine<User>): Machine<User> => ({ ...machine, asking: true })

/** Begins anew: whatever is under way belongs to the past. */
const turn = <User>({ epoch }: Machine<User>, auth: AuthState<User>): Machine<User> =>
  machineFrom(auth, epoch + 1)

/** The first use of the client, or the page is back from the back-forward cache. */
export function started<User>(machine: Machine<User>): Machine<User> {
  return machine.asking || machine.token || machine.auth.status === 'signed-out' ? machine : ask(machine)
}

/** The BFF told of a session, after a question or a sign-in. */
export function granted<User>(machine: Machine<User>, { session, token }: Granted<User>): Machine<User> {
  const { auth, epoch } = machine
  const old = auth.session
  const ours = auth.status === 'signed-in' && auth.session.id === session.id
  // The old object when the new one says the same, so that nobody who shows it renders again.
  const kept = old && JSON.stringify(old) === JSON.stringify(session) ? old : session
  const next: AuthState<User> = ours && kept === old ? auth : { status: 'signed-in', session: kept }
  const newest = ours && (!token || token.sequence < (machine.token?.sequence ?? 0)) ? machine.token : token
  return machineFrom(next, ours ? epoch : epoch + 1, newest)
}

/** Nobody is signed in (any more). A page that shows a session keeps it, as `expired`; one that is out of sight is gone. */
export function ended<User>(machine: Machine<User>, reason: EndReason): Machine<User> {
  const { status, session } = machine.auth
  return status === 'signed-in'
    ? turn(machine, { status: 'expired', session, reason })
    : signedOut(machine, reason)
}

/** The user signed out, here or in another tab. */
export function signedOut<User>(machine: Machine<User>, reason: EndReason): Machine<User> {
  return turn(machine, { status: 'signed-out', session: null, reason })
}

/** Its own request failed. Only `login_required` ends a session. */
export function failed<User>(machine: Machine<User>, error: AuthError, dueAt: number): Machine<User> {
  const { auth, failures } = machine
  if (error.code === 'login_required')
    return error.reason === 'session_changed'
      ? ask(left(machine))
      : ended(machine, error.reason ?? 'no_session')
  return {
    ...machine,
    auth: auth.status === 'restoring' ? { ...auth, error } : auth,
    asking: false,
    dueAt,
    error,
    failures: failures + 1,
  }
}

/** Another tab said that a session began or ended. */
export function heard<User>(machine: Machine<User>, { news, sessionId }: News): Machine<User> {
  const { status, session } = machine.auth
  // A restore under way may have been answered before the news was made.
  if (news === 'signed-in' || status === 'restoring') return ask(left(machine))
  return session?.id === sessionId ? signedOut(machine, 'signed_out_elsewhere') : machine
}

/** The page goes into the back-forward cache, or another session may have begun: nothing is shown until the BFF was asked. */
export function left<User>(machine: Machine<User>): Machine<User> {
  return turn(machine, { status: 'restoring', session: machine.auth.session })
}

/** The alarm rang, the page was shown, or the network is back (`online`). */
export function ticked<User>(machine: Machine<User>, now: number, online: boolean): Machine<User> {
  const { asking, dueAt, error } = machine
  return !asking && (now >= dueAt || (online && error?.code === 'network_error')) ? ask(machine) : machine
}

/** Somebody asks for a token; the very one that was rejected is not good enough. */
export function wanted<User>(
  machine: Machine<User>,
  now: number,
  rejected: AccessToken | null | undefined,
): Machine<User> {
  const { auth, asking, token, dueAt, error } = machine
  const wait = now < dueAt && (error || (token && token !== rejected && now < token.expiresAt))
  return wait || asking || auth.status !== 'signed-in' ? machine : ask(machine)
}

/** The next moment at which the machine wants to be ticked; `Infinity` when there is none. */
export function nextMoment({ token, asking, dueAt }: Machine, now: number): number {
  // A moment that has passed has been dealt with; an alarm for it would ring for ever.
  return Math.min(...[asking ? 0 : dueAt, token?.expiresAt ?? 0].filter((moment) => moment > now))
}
