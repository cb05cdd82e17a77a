import { measureCpu } from '../measure-cpu.mjs'
import { createPageRequest } from '../requests.mjs'
import { divideRounds } from '../rounds.mjs'
import { startLoad } from '../start-process.mjs'
import { getCookie, nginxMissing, startProxy, startUpstreams } from './proxy-servers.mjs'

const peers = /** @type {const} */ (['fast-proxy', 'undici dispatch', 'http-proxy', 'nginx'])

/**
 * Measures a request that is forwarded to the resource server with the token of its session.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureProxy(options, shuffle) {
  const { upstreams, stop } = await startUpstreams()
  const names = /** @type {const} */ (['Latchkey', ...peers])
  const started = await Promise.all(names.map((name) => startProxy(name, upstreams)))
  const servers = started.filter((server) => server !== null)
  const load = startLoad()
  try {
    const candidates = servers.map((server) => ({
      title: server.name,
      server,
      request: createPageRequest(server.port, 'GET', '/api/items?page=2', getCookie(server)),
    }))
    const { cpu, rounds } = await measureCpu(candidates, load, options, shuffle)
    const present = peers.filter((peer) => cpu.has(peer))
    return {
      unit: 'CPU of a request, ratio',
      rounds: `${rounds} rounds`,
      notes: present.includes('nginx') ? [] : [nginxMissing],
      figures: present.map((peer) => ({
        title: 'proxied request',
        against: peer,
        values: divideRounds(cpu.get('Latchkey'), cpu.get(peer)),
        goal: peer === 'fast-proxy' ? 1.25 : null,
      })),
    }
  } finally {
    await Promise.all([load, ...servers].map((child) => child.stop()))
    await stop()
  }
}
