import { measureCpu } from '../measure-cpu.mjs'
import { createPageRequest, createTokenRequest } from '../requests.mjs'
import { divideRounds } from '../rounds.mjs'
import { startLoad, startServer } from '../start-process.mjs'

/**
 * Measures `GET /auth/session` and `POST /auth/token` with a token that needs no refresh.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureSession(options, shuffle) {
  const tokenEndpoint = await startServer('load', 'token endpoint')
  const upstreams = {
    tokenEndpoint: `http://127.0.0.1:${tokenEndpoint.port}/token`,
    resourceServer: 'http://127.0.0.1:9',
  }
  const servers = [
    await startServer('server', 'bare node:http'),
    await startServer('server', 'hand-written floor'),
    await startServer('server', '@fastify/secure-session'),
    await startServer('server', 'Latchkey', upstreams),
    await startServer('server', 'Latchkey, embedded store', upstreams),
  ]
  const load = startLoad()
  try {
    const candidates = servers.flatMap((server) => {
      const { name, port, sessions } = server
      const [session] = sessions
      if (!session) throw new Error(`${name} has no session`)
      const read = {
        title: name,
        server,
        request: createPageRequest(port, 'GET', '/auth/session', session.cookie),
      }
      const refresh = {
        title: `${name}, token`,
        server,
        request: createTokenRequest(port, session),
      }
      return name.startsWith('Latchkey') ? [read, refresh] : [read]
    })
    const { cpu, rounds } = await measureCpu(candidates, load, options, shuffle)
    /**
     * @param {string} title
     * @param {string} name
     * @param {string} against
     * @param {number | null} goal
     */
    const compare = (title, name, against, goal) => ({
      title,
      against,
      values: divideRounds(cpu.get(name), cpu.get(against.replace(', memory store', ''))),
      goal,
    })
    const embedded = 'Latchkey, embedded store'
    return {
      unit: 'CPU of a request, ratio',
      rounds: `${rounds} rounds`,
      notes: [],
      figures: [
        compare('`GET /auth/session`, memory store', 'Latchkey', 'hand-written floor', 1.5),
        compare('`GET /auth/session`, memory store', 'Latchkey', '@fastify/secure-session', 1),
        compare('`GET /auth/session`, memory store', 'Latchkey', 'bare node:http', null),
        compare('`GET /auth/session`, embedded store', embedded, 'Latchkey, memory store', 1.1),
        compare('`POST /auth/token`, memory store', 'Latchkey, token', 'hand-written floor', 1.75),
        compare('`POST /auth/token`, embedded store', `${embedded}, token`, 'hand-written floor', null),
        compare('@fastify/secure-session', '@fastify/secure-session', 'hand-written floor', null),
        compare('hand-written floor', 'hand-written floor', 'bare node:http', null),
      ],
    }
  } finally {
    await Promise.all([load, tokenEndpoint, ...servers].map((child) => child.stop()))
  }
}
