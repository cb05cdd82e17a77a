import type { AuthError, EndReason } from './errors.ts'
import type { AccessToken } from './token.ts'
import { isFresh } from './token.ts'

/** Somebody's session as the page may know it; the same object for as long as nothing in it changes. */
export interface Session<User = unknown> {
  /** No secret; new at every sign-in. */
  readonly id: string
  /** Names the user: the same one has it again after the next sign-in, another one never. */
  readonly subject: string
  readonly user: User
  readonly scope: readonly string[]
}

/**
 * What a page shows. It holds no token, so that a refresh changes nothing here.
 *
 * ```text
 *                    ┌──────────── heard of a session · left · session_changed ───────────┐
 *                    ▼                                                                    │
 *   start ──▶ restoring ──answered──▶ signed-in ──login_required──▶ expired ──────────────┤
 *                    │                  │  ▲ ▲                        │ │                 │
 *                    │                  │  │ └──────signed-in─────────┘ │                 │
 *        answered:   │       signed-out │  │ signed-in                  │ signed-out      │
 *        nobody      ▼                  ▼  │                            ▼                 │
 *                    └───────────────▶ signed-out ────────────────────────────────────────┘
 * ```
 */
export type AuthState<User = unknown> =
  /** The first question is under way. A session is one that is asked about again: keep it out of sight. */
  | { readonly status: 'restoring'; readonly session: Session<User> | null; readonly error?: AuthError }
  | { readonly status: 'signed-in'; readonly session: Session<User> }
  /** The session ended by itself: keep the page, so that the same user can sign in again without losing work. */
  | { readonly status: 'expired'; readonly session: Session<User>; readonly reason: EndReason }
  | { readonly status: 'signed-out'; readonly session: null; readonly reason?: EndReason }

/** What a successful answer brought. */
export interface Granted<User> {
  readonly session: Session<User>
  readonly token: AccessToken | null
}

/** The request of the machine: none, one under way, or the next one after a failure. */
export type Work =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running' }
  | { readonly kind: 'waiting'; readonly until: number; readonly error?: AuthError }

/** The whole of what a client knows. */
export interface Machine<User> {
  readonly auth: AuthState<User>
  /** Counts beginnings and ends of sessions: an answer that belongs to an older one is dropped. */
  readonly epoch: number
  readonly token: AccessToken | null
  readonly work: Work
  /** Failures in a row. */
  readonly failures: number
}

export type SessionEvent<User> =
  /** The first use of the client, or the page is back from the back-forward cache. */
  | { readonly type: 'started' }
  /** The machine's own request was answered; `null` means that nobody is signed in. */
  | { readonly type: 'answered'; readonly epoch: number; readonly granted: Granted<User> | null }
  /** A request beside the machine's own was answered. */
  | { readonly type: 'extended'; readonly epoch: number; readonly granted: Granted<User> }
  | { readonly type: 'failed'; readonly epoch: number; readonly error: AuthError; readonly until: number }
  | { readonly type: 'signed-in'; readonly granted: Granted<User> }
  | { readonly type: 'signed-out'; readonly reason: EndReason }
  /** Another tab said so. */
  | { readonly type: 'heard'; readonly news: 'signed-in' | 'signed-out'; readonly sessionId: string }
  /** The alarm rang, or the page was shown. */
  | { readonly type: 'tick'; readonly now: number; readonly online: boolean }
  /** Somebody asks for a token; a `rejected` one, by sequence, is not good enough. */
  | { readonly type: 'wanted'; readonly now: number; readonly rejected?: number | undefined }
  /** The page goes into the back-forward cache. */
  | { readonly type: 'left' }

/** What the client has to do: ask for the session, ask for the next token, or drop all that is under way. */
export type Effect = 'restore' | 'refresh' | 'abandon'

const idle: Work = { kind: 'idle' }
const running: Work = { kind: 'running' }

/** The machine before its first event. */
export function machineFrom<User>(auth: AuthState<User>): Machine<User> {
  return { auth, epoch: 0, token: null, work: idle, failures: 0 }
}

/** The next machine, and what to do on the way. Pure: no clock, no network, no chance. */
export function transition<User>(
  machine: Machine<User>,
  event: SessionEvent<User>,
): [Machine<User>, ...Effect[]] {
  const { auth, epoch, token, work } = machine
  const status = auth.status

  /** Begins anew: whatever is under way belongs to the past. */
  const turn = (next: AuthState<User>, more: Partial<Machine<User>> = {}): Machine<User> => ({
    ...machineFrom(next),
    epoch: epoch + 1,
    ...more,
  })
  const restoreAgain = (): [Machine<User>, ...Effect[]] => [
    turn({ status: 'restoring', session: auth.session }, { work: running }),
    'abandon',
    'restore',
  ]
  const ask = (effect: Effect): [Machine<User>, ...Effect[]] => [{ ...machine, work: running }, effect]
  const accept = ({ session, token: newer }: Granted<User>, done: Work): [Machine<User>, ...Effect[]] =>
    auth.session && auth.session.id !== session.id
      ? [turn({ status: 'signed-in', session: same(auth.session, session) }, { token: newer }), 'abandon']
      : [
          {
            ...machine,
            auth:
              status === 'signed-in' && auth.session === same(auth.session, session)
                ? auth
                : { status: 'signed-in', session: same(auth.session, session) },
            token: newer && newer.sequence >= (token?.sequence ?? 0) ? newer : token,
            work: done,
            failures: done === idle ? 0 : machine.failures,
          },
        ]

  switch (event.type) {
    case 'started':
      return status === 'restoring' && work.kind !== 'running'
        ? ask('restore')
        : status === 'signed-in' && !token && work.kind === 'idle'
          ? ask('refresh')
          : [machine]

    case 'answered':
      if (event.epoch !== epoch) return [machine]
      if (event.granted) return accept(event.granted, idle)
      return auth.session && status === 'signed-in'
        ? [turn({ status: 'expired', session: auth.session, reason: 'no_session' }), 'abandon']
        : [
            turn({
              status: 'signed-out',
              session: null,
              reason: auth.session ? 'signed_out_elsewhere' : 'no_session',
            }),
            'abandon',
          ]

    case 'extended':
      return event.epoch === epoch && status === 'signed-in' ? accept(event.granted, work) : [machine]

    case 'failed': {
      const { error, until } = event
      if (event.epoch !== epoch || (status !== 'signed-in' && status !== 'restoring')) return [machine]
      if (error.code !== 'login_required') {
        return [
          {
            ...machine,
            auth: status === 'restoring' ? { ...auth, error } : auth,
            work: { kind: 'waiting', until, error },
            failures: machine.failures + 1,
          },
        ]
      }
      if (error.reason === 'session_changed' && status === 'signed-in') return restoreAgain()
      const reason = error.reason ?? 'no_session'
      return [
        turn(
          status === 'signed-in'
            ? { status: 'expired', session: auth.session, reason }
            : { status: 'signed-out', session: null, reason },
        ),
        'abandon',
      ]
    }

    case 'signed-in':
      return [
        turn(
          { status: 'signed-in', session: same(auth.session, event.granted.session) },
          { token: event.granted.token },
        ),
        'abandon',
      ]

    case 'signed-out':
      return [turn({ status: 'signed-out', session: null, reason: event.reason }), 'abandon']

    case 'heard':
      // A restore under way may have been answered before the news was made: ask again.
      if (status === 'restoring') return restoreAgain()
      if (event.news === 'signed-in')
        return auth.session?.id === event.sessionId && status === 'signed-in' ? [machine] : restoreAgain()
      return auth.session?.id === event.sessionId
        ? [turn({ status: 'signed-out', session: null, reason: 'signed_out_elsewhere' }), 'abandon']
        : [machine]

    case 'left':
      // The page may come back to another user: what it shows is put out of sight before it is frozen.
      return auth.session ? [turn({ status: 'restoring', session: auth.session }), 'abandon'] : [machine]

    case 'tick':
      if (work.kind === 'waiting') {
        const dueNow = event.now >= work.until || (event.online && work.error?.code === 'network_error')
        return dueNow ? ask(status === 'restoring' ? 'restore' : 'refresh') : [machine]
      }
      return work.kind === 'idle' && token && event.now >= token.refreshAt ? ask('refresh') : [machine]

    case 'wanted':
      if (
        status !== 'signed-in' ||
        work.kind === 'running' ||
        (work.kind === 'waiting' && event.now < work.until)
      )
        return [machine]
      return event.rejected === undefined
        ? token && isFresh(token, event.now)
          ? [machine]
          : ask('refresh')
        : (token?.sequence ?? 0) > event.rejected
          ? [machine]
          : ask('refresh')
  }
}

/** The next moment at which the machine wants a `tick`, in milliseconds; `Infinity` when there is none. */
export function nextMoment<User>({ token, work }: Machine<User>, now: number): number {
  const moments = [
    work.kind === 'waiting' ? work.until : Infinity,
    work.kind === 'idle' && token ? token.refreshAt : Infinity,
    token?.expiresAt ?? Infinity,
  ]
  // A moment that has passed has been dealt with; an alarm for it would ring for ever.
  return Math.min(...moments.filter((moment) => moment > now))
}

/** The old object when the new one says the same, so that nobody who shows it renders again. */
function same<User>(old: Session<User> | null, session: Session<User>): Session<User> {
  return old && JSON.stringify(old) === JSON.stringify(session) ? old : session
}
