import { expect, it } from 'vitest'
import type { OpenStream, StreamOwner } from '../src/sessions/open-streams.ts'
import { createOpenStreams } from '../src/sessions/open-streams.ts'

const platform = {
  monotonicNow: () => 0,
  sleep: () => new Promise<never>(() => {}),
  startTimer: () => () => {},
}

const owners = ['a', 'b'].map((key): StreamOwner => ({
  key,
  subject: `user of ${key}`,
  findEndReason: async () => null,
}))

/** Streams that are added and removed in the order of a number's digits in base 5, beside a list of those that are open. */
it.each([0, 1, 2, 3, 4])(
  'ends exactly the streams that are open, whatever was removed before: %i',
  (first) => {
    for (let history = first; history < 5 ** 6; history += 5) {
      const openStreams = createOpenStreams(platform)
      const open: { id: number; key: unknown; stream: OpenStream }[] = []
      const ended: number[] = []
      let id = 0
      for (let rest = history; rest > 0; rest = Math.floor(rest / 5)) {
        const step = rest % 5
        const owner = owners[step]
        if (owner) {
          const current = (id += 1)
          open.push({
            id: current,
            key: owner.key,
            stream: openStreams.add(owner, () => void ended.push(current)),
          })
          continue
        }
        // The oldest, one in the middle, or the newest.
        const [removed] = open.splice(step === 2 ? 0 : step === 3 ? open.length >> 1 : open.length - 1, 1)
        removed?.stream.remove()
        // A second time changes nothing.
        removed?.stream.remove()
      }
      for (const { key } of owners) openStreams.endByKey(key, 'no_session')
      const expected = owners.flatMap(({ key }) =>
        open.filter((entry) => entry.key === key).map((entry) => entry.id),
      )
      expect(ended.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b))
    }
  },
)
