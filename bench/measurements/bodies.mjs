import { createPageRequest, serializeRequest } from '../requests.mjs'
import { startLoad } from '../start-process.mjs'
import { getCookie, nginxMissing, startProxy, startUpstreams } from './proxy-servers.mjs'

const names = /** @type {const} */ (['Latchkey', 'fast-proxy', 'nginx'])
const directions = /** @type {const} */ (['download', 'upload'])
/** Bytes a second. */
const slowRate = 40e6
/** Megabytes over idle that are allowed. */
const maxMegabytes = 50

/**
 * Measures the memory that large bodies need on their way through a proxy: the most that a new process has resident,
 * less what it has after one small request.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureBodies({ quick }, shuffle) {
  const { upstreams, stop } = await startUpstreams()
  const load = startLoad()
  const sizes = quick ? [100e6] : [100e6, 1e9]
  const cases = names.flatMap((name) =>
    sizes.flatMap((bytes) =>
      directions.flatMap((direction) => [0, slowRate].map((rate) => ({ name, bytes, direction, rate }))),
    ),
  )
  /** @type {Map<string, number>} */
  const results = new Map()
  try {
    for (const { name, bytes, direction, rate } of shuffle(cases)) {
      const megabytes = await measure(name, direction, bytes, rate)
      if (megabytes !== null) results.set(createKey(name, direction, bytes, rate), megabytes)
    }
  } finally {
    await load.stop()
    await stop()
  }
  const rows = names.flatMap((name) =>
    directions.flatMap((direction) =>
      [0, slowRate].flatMap((rate) => sizes.map((bytes) => ({ name, direction, rate, bytes }))),
    ),
  )
  return {
    unit: 'MB over idle',
    rounds: 'one new process for each figure',
    notes: results.has(createKey('nginx', 'upload', 100e6, 0)) ? [] : [nginxMissing],
    figures: rows.flatMap(({ name, direction, rate, bytes }) => {
      const value = results.get(createKey(name, direction, bytes, rate))
      const reader = rate === 0 ? 'fast reader' : 'slow reader'
      return value === undefined
        ? []
        : {
            title: `${name}, ${direction} of ${bytes / 1e6} MB, ${reader}`,
            values: [value],
            goal: name === 'Latchkey' ? maxMegabytes : null,
            format: (/** @type {number} */ megabytes) => megabytes.toFixed(0),
          }
    }),
  }

  /**
   * @param {(typeof names)[number]} name
   * @param {'download' | 'upload'} direction
   * @param {number} bytes
   * @param {number} rate
   */
  async function measure(name, direction, bytes, rate) {
    const server = await startProxy(name, upstreams)
    if (server === null) return null
    try {
      const cookie = getCookie(server)
      const { port } = server
      const request = serializeRequest(createPageRequest(port, 'GET', '/api/items', cookie))
      await load.run('sendAtRate', { port, requests: [request], seconds: 1 })
      const idle = await server.readUsage()
      const transfer = await load.run('transferBody', { port, cookie, direction, bytes, rate })
      if (transfer.failure !== null || transfer.bytes !== bytes)
        throw new Error(`${name}, ${direction}: ${transfer.failure ?? `${transfer.bytes} bytes arrived`}`)
      const { peakBytes } = await server.readUsage()
      return (peakBytes - idle.peakBytes) / 1e6
    } finally {
      await server.stop()
    }
  }
}

/**
 * @param {string} name
 * @param {string} direction
 * @param {number} bytes
 * @param {number} rate
 */
function createKey(name, direction, bytes, rate) {
  return [name, direction, bytes, rate].join(' ')
}
