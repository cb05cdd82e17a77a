import { describe, expect, it } from 'vitest'
import type { PendingSignOut } from '../src/pending-sign-out.ts'
import {
  receiveStoredSignOut,
  createPendingSignOut,
  receiveSignOutError,
  startSignOutIfDue,
} from '../src/pending-sign-out.ts'

const first = '?session_id=s1'
const second = '?session_id=s2'
const now = 1000

/** Every event that can reach a pending sign-out at the time 1000. */
const events: Record<string, (pending: PendingSignOut | null) => PendingSignOut | null> = {
  'request the first': () => createPendingSignOut(first),
  'request the second': () => createPendingSignOut(second),
  'read the first from the storage': (pending) => receiveStoredSignOut(pending, first),
  'read nothing from the storage': (pending) => receiveStoredSignOut(pending, null),
  'read no storage': (pending) => receiveStoredSignOut(pending, undefined),
  'start if due': (pending) => startSignOutIfDue(pending, now, false),
  'start when online': (pending) => startSignOutIfDue(pending, now, true),
  'fail the first': (pending) => receiveSignOutError(pending, first, now + 500),
  'fail the second': (pending) => receiveSignOutError(pending, second, now + 500),
}

interface Transition {
  readonly before: PendingSignOut | null
  readonly name: string
  readonly after: PendingSignOut | null
}

/** Every state that events can reach, every event, and the state that follows. */
const transitions: Transition[] = []
const reachable = new Map<string, PendingSignOut | null>([['null', null]])
for (const before of reachable.values())
  for (const [name, applyEvent] of Object.entries(events)) {
    const after = applyEvent(before)
    transitions.push({ before, name, after })
    // The count of failures is the only part that has no limit.
    if ((after?.failureCount ?? 0) < 3)
      reachable.set(JSON.stringify([after, after?.nextAttemptAt === Infinity]), after)
  }

/** The transitions that break a rule. */
const findViolations = (isAllowed: (transition: Transition) => boolean): Transition[] =>
  transitions.filter((transition) => !isAllowed(transition))

describe('a pending sign-out, after any sequence of events', () => {
  it('is forgotten only when the storage, which works, has none', () => {
    expect(reachable.size).toBeGreaterThan(10)
    expect(
      findViolations(
        ({ before, name, after }) => !before || after !== null || name === 'read nothing from the storage',
      ),
    ).toEqual([])
  })

  it('is replaced only by another sign-out', () => {
    expect(
      findViolations(
        ({ before, name, after }) =>
          !before || !after || before.query === after.query || /^(request|read the first)/.test(name),
      ),
    ).toEqual([])
  })

  it('has one request at a time', () => {
    expect(
      findViolations(
        ({ before, name, after }) =>
          !name.startsWith('start') || before?.nextAttemptAt !== Infinity || after === before,
      ),
    ).toEqual([])
  })

  it('starts a request when it is due or the network is back, and not before', () => {
    expect(
      findViolations(({ before, name, after }) => {
        if (!before || !name.startsWith('start') || before.nextAttemptAt === Infinity) return true
        const isDue = name === 'start when online' || before.nextAttemptAt <= now
        return isDue ? after?.nextAttemptAt === Infinity : after === before
      }),
    ).toEqual([])
  })

  it('is repeated after a failure of its own request, and of no other', () => {
    expect(
      findViolations(({ before, name, after }) => {
        if (!before || !name.startsWith('fail')) return true
        const isOwn = before.query === (name === 'fail the first' ? first : second)
        return isOwn
          ? after?.nextAttemptAt === now + 500 && after.failureCount === before.failureCount + 1
          : after === before
      }),
    ).toEqual([])
  })

  it('does not change when the storage contains what it knows, or does not work', () => {
    expect(
      findViolations(
        ({ before, name, after }) =>
          !(
            name === 'read no storage' ||
            (name === 'read the first from the storage' && before?.query === first)
          ) || after === before,
      ),
    ).toEqual([])
  })
})
