import { expect, it } from 'vitest'
import { runWithDeadline } from '../src/deadline.ts'
import { flushPromises } from './support/browser.ts'

interface Timer {
  milliseconds: number
  callback: () => void
}

function createTimers(): {
  timers: Set<Timer>
  startTimer: (ms: number, callback: () => void) => () => void
} {
  const timers = new Set<Timer>()
  return {
    timers,
    startTimer(milliseconds, callback) {
      const timer = { milliseconds, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  }
}

it('starts no timer for work that waits for nothing, as that of a store in memory', async () => {
  let started = 0
  const platform = {
    monotonicNow: () => 0,
    startTimer() {
      started += 1
      return () => {}
    },
  }
  const run = (work: () => Promise<string>): Promise<string> =>
    runWithDeadline(platform, 5000, () => new Error('late'), work)
  expect(await run(async () => 'done')).toBe('done')
  await expect(run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  await flushPromises()
  expect(started).toBe(0)
})

it('limits work that waits, and forgets the timer when it is done', async () => {
  const { timers, startTimer } = createTimers()
  const platform = { monotonicNow: () => 0, startTimer }
  let finish = (_result: string): void => {}
  const createWork = (): Promise<string> => new Promise((resolve) => (finish = resolve))
  const done = runWithDeadline(platform, 5000, () => new Error('late'), createWork)
  await flushPromises()
  expect([...timers].map(({ milliseconds }) => milliseconds)).toEqual([5000])
  finish('done')
  expect(await done).toBe('done')
  expect(timers.size).toBe(0)

  const late = runWithDeadline(platform, 5000, () => new Error('late'), createWork)
  await flushPromises()
  // The limit, then once more after the sockets were read.
  for (let round = 0; round < 2; round += 1)
    for (const timer of timers) {
      timers.delete(timer)
      timer.callback()
    }
  await expect(late).rejects.toThrow('late')
})
