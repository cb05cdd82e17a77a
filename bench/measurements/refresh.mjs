import { createTokenRequest, serializeRequest } from '../requests.mjs'
import { getMedian, getPercentile } from '../rounds.mjs'
import { startLoad, startServer } from '../start-process.mjs'

/**
 * Measures refreshes: 200 sessions refresh once a second, beside the same requests straight to the token endpoint.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureRefresh({ quick }, shuffle) {
  const rounds = quick ? 3 : 5
  const seconds = quick ? 4 : 10
  const tokenEndpoint = await startServer('load', 'token endpoint')
  const url = new URL(`http://127.0.0.1:${tokenEndpoint.port}/token`)
  const server = await startServer('server', 'Latchkey, fast clock', {
    tokenEndpoint: url.href,
    resourceServer: 'http://127.0.0.1:9',
  })
  const load = startLoad()
  const direct = server.sessions.map(() => createGrantRequest(url))
  const throughBff = server.sessions.map((session) =>
    serializeRequest(createTokenRequest(server.port, session, true)),
  )
  const targets = [
    { title: 'direct', port: tokenEndpoint.port, requests: direct },
    { title: 'Latchkey', port: server.port, requests: throughBff },
  ]
  /** @type {{ p50: number[], p99: number[], grants: number[] }} */
  const ratios = { p50: [], p99: [], grants: [] }
  try {
    for (const target of targets) await measure(target, 2)
    for (let round = 0; round < rounds; round += 1) {
      /** @type {Map<string, Awaited<ReturnType<typeof measure>>>} */
      const results = new Map()
      for (const target of shuffle(targets)) results.set(target.title, await measure(target, seconds))
      const [latchkey, alone] = [results.get('Latchkey'), results.get('direct')]
      if (!latchkey || !alone) throw new Error('A round is incomplete')
      ratios.p50.push(getMedian(latchkey.latencies) / getMedian(alone.latencies))
      ratios.p99.push(getPercentile(latchkey.latencies, 0.99) / getPercentile(alone.latencies, 0.99))
      ratios.grants.push(latchkey.grants / latchkey.latencies.length)
    }
  } finally {
    await Promise.all([load, server, tokenEndpoint].map((child) => child.stop()))
  }
  return {
    unit: 'time until the response, ratio',
    rounds: `${rounds} rounds`,
    notes: [],
    figures: [
      {
        title: 'refresh, half of the requests',
        against: 'token endpoint alone',
        values: ratios.p50,
        goal: 1.2,
      },
      {
        title: 'refresh, 99 of 100 requests',
        against: 'token endpoint alone',
        values: ratios.p99,
        goal: 1.5,
      },
      {
        title: 'grants at the token endpoint',
        against: 'requests of the pages',
        values: ratios.grants,
        goal: null,
      },
    ],
  }

  /**
   * @param {(typeof targets)[number]} target
   * @param {number} duration seconds
   */
  async function measure({ title, port, requests }, duration) {
    const before = await countGrants(url)
    const { latencies, failure } = await load.run('sendAtRate', { port, requests, seconds: duration })
    if (failure !== null) throw new Error(`${title}: ${failure}`)
    return { latencies, grants: (await countGrants(url)) - before }
  }
}

/** @param {URL} url */
async function countGrants(url) {
  return Number(await (await fetch(url)).text())
}

/** @param {URL} url */
function createGrantRequest({ host, pathname }) {
  const body = 'grant_type=refresh_token&refresh_token=any'
  return serializeRequest({
    method: 'POST',
    path: pathname,
    headers: {
      Host: host,
      Authorization: 'Basic cG9ydGFsOnNlY3JldA==',
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(body.length),
    },
    body,
  })
}
