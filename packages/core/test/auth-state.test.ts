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
const otherSession: Session = { id: 's2', subject: 'bob', user: { name: 'Bob' }, scope: ['read'] }
const createToken = (sequence: number, sentAt = 0): AccessToken => ({
  access_token: `t${sequence}`,
  token_type: 'Bearer',
  expires_in: 900,
  sequence,
  refreshAt: sentAt + 840_000,
  expiresAt: sentAt + 900_000,
})
const outage = new AuthError('temporarily_unavailable', 'outage')
const loginRequired = (reason?: 'idle' | 'session_changed'): AuthError =>
  new AuthError('login_required', 'login required', { reason })

const states = {
  restoring: { ...createClientState<unknown>({ status: 'restoring', session: null }), isFetching: true },
  'signed-in': createClientState<unknown>({ status: 'signed-in', session }, {}, createToken(1)),
  expired: createClientState<unknown>({ status: 'expired', session, reason: 'idle' }),
  'signed-out': createClientState<unknown>({ status: 'signed-out', session: null }),
} satisfies Record<string, ClientState>
const signedIn = states['signed-in']

/** The events by their names in the table above `AuthState`. */
const events: Record<string, (state: ClientState) => ClientState> = {
  receiveSession: (state) => receiveSession(state, { session, token: createToken(1) }),
  'receiveError: login_required': (state) => receiveError(state, loginRequired('idle'), 0),
  'receiveError: session_changed': (state) => receiveError(state, loginRequired('session_changed'), 0),
  'receiveTabMessage: signed-in': (state) => receiveTabMessage(state, { type: 'signed-in', sessionId: 's2' }),
  'receiveTabMessage: signed-out': (state) =>
    receiveTabMessage(state, { type: 'signed-out', sessionId: 's1' }),
  'receiveTabMessage: unknown': (state) => receiveTabMessage(state, { type: 'signed-out', sessionId: '' }),
  createSignedOutState: () => createSignedOutState('signed_out'),
  resetToRestoring,
}

describe('the client state', () => {
  it('changes its status as the table in auth-state.ts says', () => {
    const actualTable = Object.entries(events).map(([name, applyEvent]) => [
      name,
      ...Object.entries(states).map(([status, state]) => {
        const next = applyEvent(state).auth.status
        return next === status ? '·' : next
      }),
    ])
    const source = readFileSync(new URL('../src/auth-state.ts', import.meta.url), 'utf8')
    const [header = '', ...rows] = source.match(/^ \* {2,}(restoring {2}|receive|create|reset).+$/gm) ?? []
    const parseRow = (row: string): string[] => row.slice(5).split(/ {2,}/)
    expect(parseRow(header).filter(Boolean)).toEqual(Object.keys(states))
    expect(rows.map(parseRow)).toEqual(actualTable)
  })

  it('ends a session after login_required and after no other error', () => {
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
      const after = receiveError(signedIn, new AuthError(code, code), 5000)
      expect(after.auth).toBe(signedIn.auth)
      expect(after).toMatchObject({
        token: createToken(1),
        isFetching: false,
        nextFetchAt: 5000,
        failureCount: 1,
      })
    }
    expect(receiveError(signedIn, loginRequired('idle'), 0).auth).toMatchObject({
      status: 'expired',
      session,
      reason: 'idle',
    })
    expect(receiveError(states.restoring, loginRequired(), 0).auth).toEqual({
      status: 'signed-out',
      session: null,
      reason: 'no_session',
    })
  })

  it('fetches again when the browser has another session, and is restoring meanwhile', () => {
    const after = receiveError(signedIn, loginRequired('session_changed'), 0)
    expect(after).toMatchObject({
      auth: { status: 'restoring', session },
      token: null,
      isFetching: true,
    })
  })

  it('contains the error of a failed restore', () => {
    expect(receiveError(states.restoring, outage, 5000).auth).toEqual({
      status: 'restoring',
      session: null,
      error: outage,
    })
  })

  it('keeps the auth object after a refresh with the same session object, and takes a changed user', () => {
    const refreshed = receiveSession(signedIn, { session, token: createToken(2) })
    expect(refreshed.auth).toBe(signedIn.auth)
    expect(refreshed.token?.sequence).toBe(2)
    const renamed = receiveSession(signedIn, {
      session: { ...session, user: { name: 'Catherine' } },
      token: createToken(2),
    })
    expect(renamed.auth).toMatchObject({ status: 'signed-in', session: { user: { name: 'Catherine' } } })
    expect(renamed.epoch).toBe(signedIn.epoch)
  })

  it('keeps the newest token of a session, and starts a new epoch with another session', () => {
    const before = receiveSession(signedIn, { session, token: createToken(5) })
    expect(receiveSession(before, { session, token: createToken(4) }).token?.sequence).toBe(5)
    expect(receiveSession(before, { session, token: null }).token?.sequence).toBe(5)
    const switched = receiveSession(before, { session: otherSession, token: createToken(1) })
    expect(switched).toMatchObject({
      auth: { status: 'signed-in', session: otherSession },
      token: createToken(1),
    })
    expect(switched.epoch).not.toBe(before.epoch)
  })

  it('ignores the end of another session', () => {
    const message = { type: 'signed-out', sessionId: 'another' } as const
    for (const state of [signedIn, states.expired, states['signed-out']])
      expect(receiveTabMessage(state, message)).toBe(state)
  })

  it('starts a first request only without a token, a running request or a sign-out', () => {
    for (const state of [states.restoring, signedIn, states['signed-out']])
      expect(startFirstFetch(state)).toBe(state)
    expect(
      startFirstFetch(createClientState<unknown>({ status: 'restoring', session: null })).isFetching,
    ).toBe(true)
    expect(startFirstFetch(createClientState<unknown>({ status: 'signed-in', session })).isFetching).toBe(
      true,
    )
  })

  it.each([
    ['sets the timer again when it fires a millisecond early', 839_999, false],
    ['starts a refresh when the timer fires on time', 840_000, true],
    ['starts a refresh when the timer fires a second late', 841_000, true],
  ])('%s', (_, now, isFetching) => {
    const after = startFetchIfDue(signedIn, now, false)
    expect(after.isFetching).toBe(isFetching)
    expect(getNextWakeTime(after, now)).toBe(isFetching ? 900_000 : 840_000)
  })

  it('retries at the time of the next attempt, or earlier when the network is back after a network error', () => {
    const offline = receiveError(signedIn, new AuthError('network_error', 'offline'), 5000)
    expect(startFetchIfDue(offline, 4999, false).isFetching).toBe(false)
    expect(startFetchIfDue(offline, 4999, true).isFetching).toBe(true)
    expect(startFetchIfDue(offline, 5000, false).isFetching).toBe(true)
    // A Retry-After of the server counts even when the network was down in between.
    expect(startFetchIfDue(receiveError(signedIn, outage, 5000), 4999, true).isFetching).toBe(false)
  })

  it('starts a refresh for a caller unless the current token is valid', () => {
    expect(startFetchForToken(signedIn, 1000, undefined)).toBe(signedIn)
    expect(startFetchForToken(signedIn, 840_000, undefined).isFetching).toBe(true)
    expect(startFetchForToken(signedIn, 1000, signedIn.token).isFetching).toBe(true)
    expect(startFetchForToken(signedIn, 1000, createToken(0))).toBe(signedIn)
    const failed = receiveError(signedIn, outage, 5000)
    expect(startFetchForToken(failed, 1000, signedIn.token).isFetching).toBe(false)
    expect(startFetchForToken(failed, 5000, signedIn.token).isFetching).toBe(true)
    expect(startFetchForToken(states.expired, 1000, undefined)).toBe(states.expired)
  })
})

describe('any history of events', () => {
  type Step = (state: ClientState, now: number) => ClientState
  const steps: Record<string, Step> = {
    ...events,
    firstUse: startFirstFetch,
    receiveOtherSession: (state, now) =>
      receiveSession(state, { session: otherSession, token: createToken(1, now) }),
    receiveNewerToken: (state, now) =>
      state.auth.session
        ? receiveSession(state, {
            session: state.auth.session,
            token: createToken((state.token?.sequence ?? 0) + 1, now),
          })
        : state,
    receiveOldToken: (state) =>
      receiveSession(state, { session: state.auth.session ?? session, token: createToken(0) }),
    receiveOutage: (state, now) => receiveError(state, outage, now + 1000),
    wake: (state, now) => startFetchIfDue(state, now, false),
    goOnline: (state, now) => startFetchIfDue(state, now, true),
    needToken: (state, now) => startFetchForToken(state, now, undefined),
    rejectToken: (state, now) => startFetchForToken(state, now, state.token),
  }
  const history = fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(2_000_000)), {
    maxLength: 60,
  })
  const start = fc.constantFrom<AuthState>(
    { status: 'restoring', session: null },
    { status: 'signed-in', session },
    { status: 'signed-out', session: null },
  )

  it('keeps the invariants of the client state', () => {
    fc.assert(
      fc.property(start, history, (initialState, taken) => {
        let state = createClientState(initialState)
        let now = 0
        for (const [name, passedMs] of taken) {
          const previous = state
          now += passedMs
          state = steps[name]!(previous, now)
          const { auth, token, epoch, isFetching } = state
          // Only a signed-in state has a token.
          if (auth.status !== 'signed-in') expect(token).toBeNull()
          // No request runs after the session has ended.
          if (auth.status === 'signed-out' || auth.status === 'expired') expect(isFetching).toBe(false)
          // Another session or status starts a new epoch, which drops the results of pending requests.
          if (auth.session?.id !== previous.auth.session?.id || auth.status !== previous.auth.status)
            expect(epoch).not.toBe(previous.epoch)
          else if (epoch === previous.epoch && previous.token)
            expect(token!.sequence).toBeGreaterThanOrEqual(previous.token.sequence)
          // Once a due request has started, the next wake time is in the future.
          expect(getNextWakeTime(startFetchIfDue(state, now, false), now)).toBeGreaterThan(now)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
