import type { Act } from '../act.ts'
import { allLive, lostAfterUse } from '../act.ts'

/** Processes that die or stand still in the middle of a refresh, and responses that are lost or late. */
export const refreshActs: readonly Act[] = [
  {
    name: 'killed-before-use',
    title: 'holder killed before the server saw the request',
    expected: allLive,
    async perform({ holdRefreshes, startCallers, holder }) {
      await holdRefreshes()
      startCallers()
      void holder.kill()
    },
  },
  {
    name: 'killed-after-use',
    title: 'holder killed after the rotation',
    expected: lostAfterUse,
    async perform({ holdRefreshes, startCallers, holder }) {
      for (const { handle } of await holdRefreshes()) handle()
      startCallers()
      void holder.kill()
    },
  },
  {
    name: 'holder-stopped',
    title: 'holder stopped for 6.5 to 8 s, the response in its socket',
    standsStill: true,
    needsSeveral: true,
    expected: {
      strict: { session: 'either', grants: [1, 1], maxSentTwice: 1, mayHearLost: true },
      // Another process ends the session, and the holder opens it again.
      'one-use': { session: 'lives', grants: [1, 1], maxSentTwice: 1, mayHearLost: true },
      grace: { session: 'lives', grants: [1, 2], maxSentTwice: 1 },
    },
    async perform({ holdRefreshes, startCallers, holder, others, wait, pickMs }) {
      const exchanges = await holdRefreshes()
      holder.stop()
      for (const { handle, respond } of exchanges) {
        handle()
        respond()
      }
      startCallers(others)
      await wait(pickMs(6500, 8000))
      holder.resume()
    },
  },
  {
    name: 'all-stopped',
    title: 'all processes stopped for 7 to 9 s, the response in a socket',
    standsStill: true,
    expected: allLive,
    async perform({ holdRefreshes, startCallers, stage, wait, pickMs, random }) {
      const exchanges = await holdRefreshes()
      startCallers()
      // The others wait for the lease.
      await wait(pickMs(0, 1000))
      for (const place of stage.places) place.stop()
      for (const { handle, respond } of exchanges) {
        handle()
        respond()
      }
      await wait(pickMs(7000, 9000))
      const first = random.below(stage.places.length)
      for (const [index] of stage.places.entries())
        stage.places[(first + index) % stage.places.length]?.resume()
    },
  },
  {
    name: 'alone-stopped',
    title: 'one process alone stopped for 9 s',
    standsStill: true,
    needsHolderAlone: true,
    expected: allLive,
    async perform({ holdRefreshes, startCallers, holder, wait }) {
      const exchanges = await holdRefreshes()
      startCallers([holder])
      holder.stop()
      for (const { handle, respond } of exchanges) {
        handle()
        respond()
      }
      await wait(9000)
      holder.resume()
    },
  },
  {
    name: 'response-cut',
    title: 'connection cut after the rotation',
    expected: lostAfterUse,
    async perform({ holdRefreshes, startCallers }) {
      const exchanges = await holdRefreshes()
      startCallers()
      for (const { handle, cut } of exchanges) {
        handle()
        cut()
      }
    },
  },
  {
    name: 'response-late',
    title: 'response after 6.5 s, of 8 s at most',
    expected: allLive,
    async perform({ holdEachRefresh, startCallers, wait, random }) {
      const usesEarly = random.below(2) === 0
      const refreshes = holdEachRefresh().map(async (held) => {
        const { handle, respond } = await held
        if (usesEarly) handle()
        await wait(6500)
        if (!usesEarly) handle()
        respond()
      })
      startCallers()
      await Promise.all(refreshes)
    },
  },
  {
    name: 'deployed',
    title: 'SIGTERM in the middle of a refresh',
    expected: allLive,
    async perform({ holdRefreshes, startCallers, holder, others, wait, pickMs, report }) {
      const exchanges = await holdRefreshes()
      // The next process takes the place of a single one.
      startCallers(others.length > 0 ? others : [holder])
      const ended = holder.terminate()
      await wait(pickMs(0, 2000))
      for (const { handle, respond } of exchanges) {
        handle()
        respond()
      }
      const exitCode = await ended
      if (exitCode !== 0) report(`SIGTERM: the process ended with ${exitCode}`)
    },
  },
]
