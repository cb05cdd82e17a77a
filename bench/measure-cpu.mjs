import { serializeRequest } from './requests.mjs'
import { getMedian } from './rounds.mjs'

/**
 * One server with one request.
 *
 * @typedef {object} Candidate
 * @property {string} title
 * @property {import('./start-process.mjs').ServerProcess} server
 * @property {import('./requests.mjs').PageRequest} request
 */

/**
 * Measures the CPU time that servers need for a request, all in turn, in a new order each round.
 *
 * @param {Candidate[]} candidates
 * @param {ReturnType<typeof import('./start-process.mjs').startLoad>} load
 * @param {import('./options.mjs').BenchOptions} options
 * @param {import('./rounds.mjs').Shuffle} shuffle
 * @returns {Promise<{ cpu: Map<string, number[]>, rounds: number }>} microseconds by title, one for each round
 */
export async function measureCpu(candidates, load, { quick }, shuffle) {
  const rounds = quick ? 3 : 5
  const milliseconds = quick ? 1000 : 2000
  const warmUpMs = quick ? 1500 : 4000
  /** @type {Map<string, number[]>} */
  const cpu = new Map(candidates.map(({ title }) => [title, []]))
  for (const candidate of candidates) await measure(candidate, warmUpMs)
  for (let round = 0; round < rounds; round += 1)
    for (const candidate of shuffle(candidates))
      cpu.get(candidate.title)?.push(await measure(candidate, milliseconds))
  for (const [title, values] of cpu) console.log(`${getMedian(values).toFixed(1).padStart(8)} µs  ${title}`)
  return { cpu, rounds }

  /**
   * @param {Candidate} candidate
   * @param {number} duration
   */
  async function measure({ title, server, request }, duration) {
    const before = await server.readUsage()
    const { requests, failure } = await load.run('loadServer', {
      port: server.port,
      request: serializeRequest(request),
      connections: 64,
      milliseconds: duration,
    })
    const after = await server.readUsage()
    if (failure !== null || requests === 0) throw new Error(`${title}: ${failure ?? 'no response'}`)
    return (after.cpuMicroseconds - before.cpuMicroseconds) / requests
  }
}
