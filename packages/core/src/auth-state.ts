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
  readonly id: string
}

/**
 * What a page shows. It holds no token, so that a refresh changes nothing here. The arrows are the
 * functions below; an event that is missing at a state leaves it where it is.
 *
 * ```text
 *                ┌───────────┐      granted       ┌───────────┐      ended       ┌─────────┐
 *   start ──────▶│ restoring │───────────────────▶│ signed-in │─────────────────▶│ expired │
 *                └───────────┘                    └───────────┘                  └─────────┘
 *
 *   restoring ── granted ────────────────────▶ signed-in
 *   restoring ── ended, signedOut, heardEnd ─▶ signed-out
 *   signed-in ── ended ──────────────────────▶ expired
 *   signed-in ── heard, left, changed ───────▶ restoring
 *   signed-in ── signedOut, heardEnd ────────▶ signed-out
 *   expired ──── granted ────────────────────▶ signed-in
 *   expired ──── heard, left ────────────────▶ restoring
 *   expired ──── signedOut, heardEnd ────────▶ signed-out
 *   signed-out ─ granted ────────────────────▶ signed-in
 *   signed-out ─ heard, left ────────────────▶ restoring
 * ```
 *
 * `ended` and `changed` are `failed` with `login_required`, the latter because the browser has another
 * session by now;
 * `heard` is another tab's news of a sign-in, `heardEnd` its news that this very session was signed out.
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
  /** Another object for each beginning and each end of a session. */
  readonly epoch: object
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

/** The machine in a state; without an epoch it begins a new one, and what was under way is past. */
export function machineFrom<User>(
  auth: AuthState<User>,
  epoch: object = {},
  token: AccessToken | null = null,
): Machine<User> {
  return { auth, epoch, token, asking: false, dueAt: token?.refreshAt ?? Infinity, failures: 0 }
}

/** Whether a question about the session has a point: nobody asks for who is known to be gone. */
const isOpen = ({ auth }: Machine): boolean => auth.status === 'restoring' || auth.status === 'signed-in'

const ask = <User>(machine: Machine<User>): Machine<User> =>
  machine.asking || !isOpen(machine) ? machine : { ...machine, asking: true }

/** The first use of the client, or the page is looked at again: whatever was never asked is asked now. */
export function started<User>(machine: Machine<User>): Machine<User> {
  return machine.token || machine.error ? machine : ask(machine)
}

/** The BFF told of a session, after a question or a sign-in. */
export function granted<User>(machine: Machine<User>, { session, token }: Granted<User>): Machine<User> {
  const { auth, epoch } = machine
  const old = auth.session
  const ours = auth.status === 'signed-in' && auth.session.id === session.id
  // The old object when the new one says the same, so that nobody who shows it renders again.
  const kept = JSON.stringify(old) === JSON.stringify(session) ? (old as Session<User>) : session
  const next: AuthState<User> = ours && kept === old ? auth : { status: 'signed-in', session: kept }
  const newest = !token || token.sequence < (machine.token?.sequence ?? 0) ? machine.token : token
  // A session may come without a token, when none was to be had at the moment.
  return ours ? machineFrom(next, epoch, newest) : started(machineFrom(next, {}, token))
}

/** The user signed out, here or in another tab. */
export function signedOut<User>(reason: EndReason = 'signed_out'): Machine<User> {
  return machineFrom({ status: 'signed-out', session: null, reason })
}

/**
 * A question to the BFF failed. Only `login_required` ends a session: a page that shows one keeps it, as
 * `expired`; one that is out of sight is gone.
 */
export function failed<User>(machine: Machine<User>, error: AuthError, dueAt: number): Machine<User> {
  const { auth, failures } = machine
  const { status, session } = auth
  if (!isOpen(machine)) return machine
  if (error.code === 'login_required') {
    const reason = error.reason ?? 'no_session'
    if (reason === 'session_changed') return ask(left(machine))
    return status === 'signed-in' ? machineFrom({ status: 'expired', session, reason }) : signedOut(reason)
  }
  return {
    ...machine,
    auth: status === 'restoring' ? { ...auth, error } : auth,
    asking: false,
    dueAt,
    error,
    failures: failures + 1,
  }
}

/** Another tab said that a session began or ended. */
export function heard<User>(machine: Machine<User>, { news, id }: News): Machine<User> {
  const { status, session } = machine.auth
  if (news === 'signed-in') return ask(left(machine))
  // A restore under way may have been answered before the sign-out.
  return status === 'restoring' || session?.id === id ? signedOut('signed_out_elsewhere') : machine
}

/** The page goes into the back-forward cache, or another session may have begun: nothing is shown until the BFF was asked. */
export function left<User>(machine: Machine<User>): Machine<User> {
  return machineFrom({ status: 'restoring', session: machine.auth.session })
}

/** The alarm rang, the page was shown, or the network is back (`online`). */
export function ticked<User>(machine: Machine<User>, now: number, online: boolean): Machine<User> {
  const { dueAt, error } = machine
  return now >= dueAt || (online && error?.code === 'network_error') ? ask(machine) : machine
}

/** Somebody asks for a token; the very one that was rejected is not good enough. */
export function wanted<User>(
  machine: Machine<User>,
  now: number,
  rejected: AccessToken | null | undefined,
): Machine<User> {
  const { token, dueAt, error } = machine
  const wait = now < dueAt && (error || (token && token !== rejected && now < token.expiresAt))
  return wait ? machine : ask(machine)
}

/** The next moment at which the machine wants to be ticked; `Infinity` when there is none. */
export function nextMoment({ token, asking, dueAt }: Machine, now: number): number {
  // What is due is asked for at once; an expiry that has passed is nothing to wake up for.
  const expiry = token?.expiresAt ?? 0
  return Math.min(asking ? Infinity : dueAt, expiry > now ? expiry : Infinity)
}
