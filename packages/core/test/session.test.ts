import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuthError } from '../src/errors.ts'
import type { AuthState, ClientState, Session } from '../src/auth-state.ts'
import {
  receiveError,
  receiveSession,
  receiveTabMessage,
  resetToRestoring,
  createClientState,
  getNextWakeTime,
  createSignedOutState,
  startFirstFetch,
  startFetchIfDue,
  startFetchForToken,
} from '../src/auth-state.ts'
import type { AccessToken } from '../src/token.ts'

const session: Session = { id: 's1', subject: 'cathy', user: { name: 'Cathy' }, scope: ['read'] }
const other: Session = { id: 's2', subject: 'bob', user: { name: 'Bob' }, scope: ['read'] }
const token = (sequence: number, sentAt = 0): AccessToken => ({
  access_token: `t${sequence}`,
  token_type: 'Bearer',
  expires_in: 900,
  sequence,
  refreshAt: sentAt + 840_000,
  expiresAt: sentAt + 900_000,
})
const outage = new AuthError('temporarily_unavailable', 'outage')
const loginRequired = (reason?: 'idle' | 'session_changed'): AuthError =>
  new AuthError('login_required', 'over', { reason })

const states: Record<string, ClientState> = {
  restoring: { ...createClientState<unknown>({ status: 'restoring', session: null }), isFetching: true },
  'signed-in': createClientState<unknown>({ status: 'signed-in', session }, {}, token(1)),
  expired: createClientState<unknown>({ status: 'expired', session, reason: 'idle' }),
  'signed-out': createClientState<unknown>({ status: 'signed-out', session: null }),
}
const events: Record<string, (machine: ClientState) => ClientState> = {
  granted: (machine) => receiveSession(machine, { session, token: token(1) }),
  ended: (machine) => receiveError(machine, loginRequired('idle'), 0),
  changed: (machine) => receiveError(machine, loginRequired('session_changed'), 0),
  signedOut: () => createSignedOutState('signed_out'),
  heard: (machine) => receiveTabMessage(machine, { type: 'signed-in', sessionId: 's2' }),
  heardEnd: (machine) => receiveTabMessage(machine, { type: 'signed-out', sessionId: 's1' }),
  left: resetToRestoring,
}

describe('the machine', () => {
  it('goes along the arrows of its diagram and along no others', () => {
    const source = readFileSync(new URL('../src/auth-state.ts', import.meta.url), 'utf8')
    const drawn = new Set<string>()
    for (const [, from, names = '', to] of source.matchAll(/^ \* {3}([\w-]+) ─+ ([\w, ]+) ─+▶ ([\w-]+)$/gm)) {
      for (const name of names.split(', ')) drawn.add(`${from} ${name} ${to}`)
    }
    const gone = new Set<string>()
    for (const [from, machine] of Object.entries(states)) {
      for (const [name, event] of Object.entries(events)) {
        const { status } = event(machine).auth
        if (status !== from) gone.add(`${from} ${name} ${status}`)
      }
    }
    expect([...gone].toSorted()).toEqual([...drawn].toSorted())
    expect(drawn.size).toBeGreaterThan(10)
  })

  it('ends a session for login_required and for no other failure', () => {
    const codes = [
      'network_error',
      'invalid_response',
      'server_error',
      'rate_limited',
      'temporarily_unavailable',
      'access_denied',
      'invalid_request',
    ] as const
    for (const code of codes) {
      const after = receiveError(states['signed-in']!, new AuthError(code, code), 5000)
      expect(after.auth).toBe(states['signed-in']!.auth)
      expect(after).toMatchObject({ token: token(1), isFetching: false, nextFetchAt: 5000, failureCount: 1 })
    }
    expect(receiveError(states['signed-in']!, loginRequired('idle'), 0).auth).toMatchObject({
      status: 'expired',
      session,
      reason: 'idle',
    })
    expect(receiveError(states['restoring']!, loginRequired(), 0).auth).toEqual({
      status: 'signed-out',
      session: null,
      reason: 'no_session',
    })
  })

  it('asks again when the browser holds another session, and keeps the old one out of sight meanwhile', () => {
    const after = receiveError(states['signed-in']!, loginRequired('session_changed'), 0)
    expect(after).toMatchObject({
      auth: { status: 'restoring', session },
      token: null,
      isFetching: true,
    })
  })

  it('tells a page that restores why it has to wait', () => {
    expect(receiveError(states['restoring']!, outage, 5000).auth).toEqual({
      status: 'restoring',
      session: null,
      error: outage,
    })
  })

  it('keeps the state object over a refresh that changes nothing, and shows a changed user', () => {
    const before = states['signed-in']!
    const refreshed = receiveSession(before, { session: structuredClone(session), token: token(2) })
    expect(refreshed.auth).toBe(before.auth)
    expect(refreshed.token?.sequence).toBe(2)
    const renamed = receiveSession(before, {
      session: { ...session, user: { name: 'Catherine' } },
      token: token(2),
    })
    expect(renamed.auth).toMatchObject({ status: 'signed-in', session: { user: { name: 'Catherine' } } })
    expect(renamed.epoch).toBe(before.epoch)
  })

  it('never goes back to an older token of the same session, and begins anew with another session', () => {
    const before = receiveSession(states['signed-in']!, { session, token: token(5) })
    expect(receiveSession(before, { session, token: token(4) }).token?.sequence).toBe(5)
    expect(receiveSession(before, { session, token: null }).token?.sequence).toBe(5)
    const switched = receiveSession(before, { session: other, token: token(1) })
    expect(switched).toMatchObject({ auth: { status: 'signed-in', session: other }, token: token(1) })
    expect(switched.epoch).not.toBe(before.epoch)
  })

  it('hears of the end of another session without caring', () => {
    const news = { type: 'signed-out', sessionId: 'someone-elses' } as const
    for (const name of ['signed-in', 'expired', 'signed-out'])
      expect(receiveTabMessage(states[name]!, news)).toBe(states[name])
  })

  it('starts once: while it asks, with a token, or signed out, a start changes nothing', () => {
    for (const name of ['restoring', 'signed-in', 'signed-out'])
      expect(startFirstFetch(states[name]!)).toBe(states[name])
    expect(
      startFirstFetch(createClientState<unknown>({ status: 'restoring', session: null })).isFetching,
    ).toBe(true)
    expect(startFirstFetch(createClientState<unknown>({ status: 'signed-in', session })).isFetching).toBe(
      true,
    )
  })

  it.each([
    ['a millisecond early', 839_999, false],
    ['exactly then', 840_000, true],
    ['a second late', 841_000, true],
  ])('asks for the next token when the alarm rings %s: or is armed again', (_, now, asks) => {
    const after = startFetchIfDue(states['signed-in']!, now, false)
    expect(after.isFetching).toBe(asks)
    expect(getNextWakeTime(after, now)).toBe(asks ? 900_000 : 840_000)
  })

  it('tries again at the moment it was told, or when the network that was missing is back', () => {
    const offline = receiveError(states['signed-in']!, new AuthError('network_error', 'offline'), 5000)
    expect(startFetchIfDue(offline, 4999, false).isFetching).toBe(false)
    expect(startFetchIfDue(offline, 4999, true).isFetching).toBe(true)
    expect(startFetchIfDue(offline, 5000, false).isFetching).toBe(true)
    // A server that said when to come back is not asked sooner because the network came and went.
    expect(startFetchIfDue(receiveError(states['signed-in']!, outage, 5000), 4999, true).isFetching).toBe(
      false,
    )
  })

  it('asks for whoever wants a token unless the present one is good enough', () => {
    const machine = states['signed-in']!
    expect(startFetchForToken(machine, 1000, undefined)).toBe(machine)
    expect(startFetchForToken(machine, 840_000, undefined).isFetching).toBe(true)
    expect(startFetchForToken(machine, 1000, machine.token).isFetching).toBe(true)
    expect(startFetchForToken(machine, 1000, token(0))).toBe(machine)
    expect(startFetchForToken(receiveError(machine, outage, 5000), 1000, machine.token).isFetching).toBe(
      false,
    )
    expect(startFetchForToken(receiveError(machine, outage, 5000), 5000, machine.token).isFetching).toBe(true)
    expect(startFetchForToken(states['expired']!, 1000, undefined)).toBe(states['expired'])
  })
})

describe('any history of events', () => {
  type Step = (machine: ClientState, now: number) => ClientState
  const steps: Record<string, Step> = {
    ...events,
    started: startFirstFetch,
    grantedOther: (machine, now) => receiveSession(machine, { session: other, token: token(1, now) }),
    refreshed: (machine, now) =>
      machine.auth.session
        ? receiveSession(machine, {
            session: machine.auth.session,
            token: token((machine.token?.sequence ?? 0) + 1, now),
          })
        : machine,
    late: (machine) => receiveSession(machine, { session: machine.auth.session ?? session, token: token(0) }),
    outage: (machine, now) => receiveError(machine, outage, now + 1000),
    ticked: (machine, now) => startFetchIfDue(machine, now, false),
    online: (machine, now) => startFetchIfDue(machine, now, true),
    wanted: (machine, now) => startFetchForToken(machine, now, undefined),
    rejected: (machine, now) => startFetchForToken(machine, now, machine.token),
  }
  const history = fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(2_000_000)), {
    maxLength: 60,
  })
  const start = fc.constantFrom<AuthState>(
    { status: 'restoring', session: null },
    { status: 'signed-in', session },
    { status: 'signed-out', session: null },
  )

  it('keeps the promises that everything else stands on', () => {
    fc.assert(
      fc.property(start, history, (initial, taken) => {
        let machine = createClientState(initial)
        let now = 0
        for (const [name, passed] of taken) {
          const before = machine
          now += passed
          machine = steps[name]!(before, now)
          const { auth, token: held, epoch, isFetching } = machine
          // A token is held by who is signed in, and by nobody else.
          if (auth.status !== 'signed-in') expect(held).toBeNull()
          // Nothing is asked where nobody can be signed in.
          if (auth.status === 'signed-out' || auth.status === 'expired') expect(isFetching).toBe(false)
          // Another session, another status: another epoch. So whatever was under way is dropped.
          if (auth.session?.id !== before.auth.session?.id || auth.status !== before.auth.status)
            expect(epoch).not.toBe(before.epoch)
          else if (epoch === before.epoch && before.token)
            expect(held!.sequence).toBeGreaterThanOrEqual(before.token.sequence)
          // An alarm for the past is one for a question that is due: once asked, it rings no more.
          expect(getNextWakeTime(startFetchIfDue(machine, now, false), now)).toBeGreaterThan(now)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
