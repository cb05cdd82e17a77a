import { startPostgres, startRedis } from '../engines.mjs'
import { measureCpu } from '../measure-cpu.mjs'
import { createPageRequest, createTokenRequest, serializeRequest } from '../requests.mjs'
import { divideRounds } from '../rounds.mjs'
import { startLoad, startServer } from '../start-process.mjs'

const goal = 1.6

/**
 * Measures the CPU time of a read and of a refresh over each database server, beside a hand-written server that uses the
 * same client.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureShared(options, shuffle) {
  const figures = [
    ...(await measureEngine('Redis', startRedis, options, shuffle)),
    ...(await measureEngine('PostgreSQL', startPostgres, options, shuffle)),
  ]
  const [{ values } = { values: [] }] = figures
  return { unit: 'CPU of a request, ratio or µs', rounds: `${values.length} rounds`, notes: [], figures }
}

/**
 * @param {string} name
 * @param {() => Promise<import('../engines.mjs').Engine>} start
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 */
async function measureEngine(name, start, options, shuffle) {
  const engine = await start()
  const tokenEndpoint = await startServer('load', 'token endpoint')
  const upstreams = {
    tokenEndpoint: `http://127.0.0.1:${tokenEndpoint.port}/token`,
    resourceServer: 'http://127.0.0.1:9',
    engine: engine.address,
  }
  const floor = await startServer('server', 'hand-written floor, shared store', upstreams)
  const latchkey = await startServer('server', 'Latchkey, shared store', upstreams)
  const refreshing = await startServer('server', 'Latchkey, shared store, fast clock', upstreams)
  const load = startLoad()
  try {
    const readers = [floor, latchkey].map((server) => ({
      title: `${server.name}: ${name}`,
      server,
      request: createPageRequest(server.port, 'GET', '/auth/session', server.sessions[0]?.cookie ?? ''),
    }))
    const { cpu } = await measureCpu(readers, load, options, shuffle)
    const refreshes = await measureRefreshes([floor, refreshing], load, options, shuffle)
    return [
      {
        title: `\`GET /auth/session\`, ${name}`,
        against: 'hand-written floor',
        values: divideRounds(cpu.get(readers[1]?.title ?? ''), cpu.get(readers[0]?.title ?? '')),
        goal,
      },
      {
        title: `\`POST /auth/token\` with a refresh, ${name}`,
        against: 'hand-written floor',
        values: divideRounds(refreshes.get(refreshing), refreshes.get(floor)),
        goal,
      },
      {
        title: `CPU of a refresh, ${name}`,
        against: '',
        values: refreshes.get(refreshing) ?? [],
        goal: null,
        format: (/** @type {number} */ value) => `${value.toFixed(0)} µs`,
      },
    ]
  } finally {
    await Promise.all([load, tokenEndpoint, floor, latchkey, refreshing].map((child) => child.stop()))
    await engine.stop()
  }
}

/**
 * Measures servers whose 200 sessions refresh once a second each.
 *
 * @param {import('../start-process.mjs').ServerProcess[]} servers
 * @param {ReturnType<typeof startLoad>} load
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<Map<import('../start-process.mjs').ServerProcess, number[]>>} microseconds of CPU, one for each round
 */
async function measureRefreshes(servers, load, { quick }, shuffle) {
  /** @type {Map<import('../start-process.mjs').ServerProcess, number[]>} */
  const cpu = new Map(servers.map((server) => [server, []]))
  for (const server of servers) await measure(server, 2)
  for (let round = 0; round < (quick ? 3 : 5); round += 1)
    for (const server of shuffle(servers)) cpu.get(server)?.push(await measure(server, quick ? 3 : 6))
  return cpu

  /**
   * @param {import('../start-process.mjs').ServerProcess} server
   * @param {number} seconds
   */
  async function measure({ name, port, sessions, readUsage }, seconds) {
    const requests = sessions.map((session) => serializeRequest(createTokenRequest(port, session, true)))
    const before = await readUsage()
    const { latencies, failure } = await load.run('sendAtRate', { port, requests, seconds })
    const after = await readUsage()
    if (failure !== null) throw new Error(`${name}: ${failure}`)
    return (after.cpuMicroseconds - before.cpuMicroseconds) / latencies.length
  }
}
