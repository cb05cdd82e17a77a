import type { Act } from '../act.ts'
import { allLive } from '../act.ts'

const hourMs = 3_600_000
/** Longer than what clocks of several machines may differ by; longer than the idle limit; than the absolute limit. */
const clockStepsMs = [90_000, hourMs, 13 * hourMs, 200 * hourMs]
const idleLimitMs = 12 * hourMs

/** The disk is full, and the clock of the machine is set. */
export const machineActs: readonly Act[] = [
  {
    name: 'disk-full',
    title: 'disk of the store full in the middle of a refresh',
    expected: allLive,
    needsStore: ['embedded'],
    needsSmallDisk: true,
    async perform({ holdRefreshes, startCallers, fillDisk, wait, pickMs }) {
      const exchanges = await holdRefreshes()
      startCallers()
      const freeDisk = fillDisk()
      for (const { handle, respond } of exchanges) {
        handle()
        respond()
      }
      await wait(pickMs(500, 2500))
      freeDisk()
    },
  },
  createClockAct('clock-forward', 'clock set forward, and right again', 1),
  createClockAct('clock-back', 'clock set back, and right again', -1),
]

/** The clock of the machine is wrong for seconds, before or during a refresh; by the seed a process starts meanwhile. */
function createClockAct(name: string, title: string, direction: 1 | -1): Act {
  const lives = { session: 'lives', grants: [1, 3], maxSentTwice: 0 } as const
  return {
    name,
    title,
    expected: { strict: lives, 'one-use': lives, grace: lives },
    async perform({
      random,
      stage,
      holdRefreshes,
      startCallers,
      others,
      wait,
      pickMs,
      waitForCallers,
      signInAgain,
    }) {
      const stepMs = direction * random.pick(clockStepsMs)
      // A process knows the clock from its first request on.
      await Promise.all(stage.places.map(signInAgain))
      const exchanges = random.below(2) === 0 ? await holdRefreshes() : []
      stage.setClocks(stepMs)
      startCallers()
      for (const { handle, respond } of exchanges) {
        handle()
        respond()
      }
      // A process that starts with a wrong clock refuses the sessions that are beyond a limit then.
      const [newcomer] = random.below(2) === 0 && stepMs < idleLimitMs ? others : []
      await newcomer?.kill()
      await wait(pickMs(1000, 3000))
      stage.setClocks(0)
      startCallers()
      await waitForCallers()
      // It does not know the time for a minute.
      await newcomer?.kill()
    },
  }
}
