import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import type { Store } from '../stores/store.ts'
import type { AddTest } from './tested-store.ts'
import { assertEnds, createRecord, receiveOutcome } from './tested-store.ts'

const leaseMs = 1000
/** Longer than a test takes on a busy machine. */
const longLeaseMs = 600_000

/** A client connects again within half a minute. */
const attemptPauseMs = 250
const maxAttempts = 120

/** Adds the promises about leases, waiting, and an engine that does not respond. */
export function addLeaseTests(add: AddTest): void {
  add('gives a lease to one owner at a time, until it is released', async ({ store, openAgain }) => {
    const second = openAgain?.() ?? store
    strictEqual(await store.lease('a', 'one', longLeaseMs), 'granted')
    strictEqual(await second.lease('a', 'two', longLeaseMs), false)
    strictEqual(await second.lease('b', 'two', longLeaseMs), 'granted')
    await second.release('a', 'two')
    strictEqual(await second.lease('a', 'two', longLeaseMs), false)
    await store.release('a', 'one')
    strictEqual(await second.lease('a', 'two', longLeaseMs), 'granted')
  })

  add('gives a lease to one of many concurrent owners', async ({ store, openAgain }) => {
    const second = openAgain?.() ?? store
    const leases = Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? store : second).lease('a', `owner ${index}`, longLeaseMs),
    )
    strictEqual((await Promise.all(leases)).filter((lease) => lease === 'granted').length, 1)
  })

  add('renews the lease of its owner, and says when it takes over that of a dead one', async (tested) => {
    const { store } = tested
    await store.lease('a', 'one', leaseMs)
    await tested.pass(leaseMs / 2)
    strictEqual(await store.lease('a', 'one', longLeaseMs), 'granted')
    await tested.pass(leaseMs * 0.7)
    strictEqual(await store.lease('a', 'two', leaseMs), false)
    strictEqual(await store.lease('a', 'one', leaseMs), 'granted')
    await tested.pass(leaseMs * 1.2)
    strictEqual(await store.lease('a', 'two', longLeaseMs), 'taken_over')
    strictEqual(await store.lease('a', 'one', leaseMs), false)
    strictEqual(await store.lease('a', 'two', longLeaseMs), 'granted')
  })

  add('gives an expired lease to one of many concurrent owners', async (tested) => {
    const { store, openAgain } = tested
    const second = openAgain?.() ?? store
    await store.lease('a', 'dead', 1)
    await tested.pass(50)
    const leases = Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? store : second).lease('a', `owner ${index}`, longLeaseMs),
    )
    const results = await Promise.all(leases)
    deepStrictEqual(
      results.filter((lease) => lease !== false),
      ['taken_over'],
    )
  })

  add('wakes those who wait for a change of a record or the end of a lease', async ({ store, openAgain }) => {
    if (!store.waitForChange) return
    const second = openAgain?.() ?? store
    const never = new AbortController().signal
    for (const change of [
      () => second.replace('a', createRecord({ version: 2 }), 1),
      () => second.remove('a'),
      () => second.release('a', 'one'),
    ]) {
      await store.remove('a')
      await store.insert('a', createRecord())
      await store.lease('a', 'one', longLeaseMs)
      const state = { isAwake: false }
      const wait = store.waitForChange('a', 1, never).then(() => (state.isAwake = true))
      await store.insert('b', createRecord())
      strictEqual(state.isAwake, false, 'woken by the change of another record')
      await change()
      await assertEnds(wait)
    }
    await assertEnds(store.waitForChange('unknown', 1, never))
    const stopped = new AbortController()
    await store.insert('c', createRecord())
    await store.lease('c', 'one', longLeaseMs)
    const wait = store.waitForChange('c', 1, stopped.signal)
    stopped.abort()
    await assertEnds(wait)
  })

  add('ends every call in time while the engine does not respond, and works again after', async (tested) => {
    if (tested.stall) await assertFailsUntilResumed(tested.store, tested.stall)
  })

  add('fails every call while the engine is down, and works again after', async (tested) => {
    if (tested.stop) await assertFailsUntilResumed(tested.store, tested.stop)
  })
}

/** A failed write must not look like one that changed nothing, and a failed read not like one that found nothing. */
async function assertFailsUntilResumed(
  store: Store,
  fail: () => Promise<() => Promise<void>>,
): Promise<void> {
  await store.insert('a', createRecord())
  const resume = await fail()
  const writes = [
    () => store.insert('b', createRecord()),
    () => store.replace('a', createRecord({ version: 2 }), 1),
    () => store.remove('a'),
    () => store.removeByIndexName('cathy'),
    () => store.lease('a', 'one', leaseMs),
  ]
  const [outcomes, reads] = await Promise.all([
    Promise.all(writes.map((write) => receiveOutcome<unknown>(write()))),
    Promise.all([receiveOutcome(store.read('a')), receiveOutcome(store.listByIndexName('cathy', 9))]),
  ])
  await resume()
  deepStrictEqual(outcomes, Array(writes.length).fill('rejected'))
  for (const read of reads) ok(read === 'rejected' || isFound(read), 'a failed read looks like no record')
  strictEqual(await insertWhenConnected(store), true)
}

/** A client may need some time to connect again. */
async function insertWhenConnected(store: Store): Promise<boolean | 'rejected' | 'hangs'> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await receiveOutcome(store.insert(`c ${attempt}`, createRecord()))
    if (outcome === true || attempt === maxAttempts) return outcome
    await new Promise((resolve) => setTimeout(resolve, attemptPauseMs))
  }
}

function isFound(result: unknown): boolean {
  return Array.isArray(result) ? result.length > 0 : typeof result === 'object' && result !== null
}
