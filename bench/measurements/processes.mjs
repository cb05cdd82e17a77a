import { startRedis } from '../engines.mjs'
import { createPageRequest, serializeRequest } from '../requests.mjs'
import { divideRounds } from '../rounds.mjs'
import { startLoad, startServer } from '../start-process.mjs'

const counts = [1, 2, 4]

/**
 * Measures how many `GET /auth/session` 1, 2 and 4 processes answer over one Redis, on any core.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureProcesses({ quick }, shuffle) {
  const rounds = quick ? 3 : 5
  const milliseconds = quick ? 1500 : 3000
  const engine = await startRedis('any')
  const tokenEndpoint = await startServer('any', 'token endpoint')
  const upstreams = {
    tokenEndpoint: `http://127.0.0.1:${tokenEndpoint.port}/token`,
    resourceServer: 'http://127.0.0.1:9',
    engine: engine.address,
  }
  const first = await startServer('any', 'Latchkey, shared store', upstreams)
  const others = await Promise.all(
    Array.from({ length: Math.max(...counts) - 1 }, () =>
      startServer('any', 'Latchkey, shared store', { ...upstreams, sessionCount: 0 }),
    ),
  )
  const all = [first, ...others]
  const cookie = first.sessions[0]?.cookie ?? ''
  const pairs = all.map((server) => ({ server, load: startLoad('any') }))
  /** @type {Map<number, { rates: number[], cpu: number[], engineShares: number[] }>} */
  const results = new Map(counts.map((count) => [count, { rates: [], cpu: [], engineShares: [] }]))
  try {
    await measure(all.length)
    for (let round = 0; round < rounds; round += 1)
      for (const count of shuffle(counts)) {
        const { requests, cpu, engineCpu } = await measure(count)
        const result = results.get(count)
        result?.rates.push(requests)
        result?.cpu.push(cpu / requests)
        result?.engineShares.push(engineCpu / cpu)
      }
  } finally {
    await Promise.all(
      [...pairs.flatMap(({ server, load }) => [load, server]), tokenEndpoint].map((child) => child.stop()),
    )
    await engine.stop()
  }
  const alone = results.get(1)
  return {
    unit: 'ratio',
    rounds: `${rounds} rounds`,
    notes: [],
    figures: [
      ...[2, 4].flatMap((count) => [
        {
          title: `requests a second, ${count} processes`,
          against: 'one process',
          values: divideRounds(results.get(count)?.rates, alone?.rates),
          goal: null,
        },
        {
          title: `CPU of a request, ${count} processes`,
          against: 'one process',
          values: divideRounds(results.get(count)?.cpu, alone?.cpu),
          goal: null,
        },
      ]),
      { title: 'CPU of Redis', against: 'CPU of one process', values: alone?.engineShares ?? [], goal: null },
    ],
  }

  /** @param {number} count */
  async function measure(count) {
    const used = pairs.slice(0, count)
    const readCpu = async () => {
      const usages = await Promise.all(used.map(({ server }) => server.readUsage()))
      return usages.reduce((sum, { cpuMicroseconds }) => sum + cpuMicroseconds, 0)
    }
    const [before, engineBefore] = [await readCpu(), engine.readCpu()]
    const responses = await Promise.all(
      used.map(({ server: { port }, load }) =>
        load.run('loadServer', {
          port,
          request: serializeRequest(createPageRequest(port, 'GET', '/auth/session', cookie)),
          connections: 64 / count,
          milliseconds,
        }),
      ),
    )
    const failure = responses.find((response) => response.failure)?.failure
    if (failure) throw new Error(failure)
    const requests = responses.reduce((sum, response) => sum + response.requests, 0)
    return { requests, cpu: (await readCpu()) - before, engineCpu: engine.readCpu() - engineBefore }
  }
}
