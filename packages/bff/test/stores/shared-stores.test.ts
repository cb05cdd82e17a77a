import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPostgres } from '../../../../scripts/find-program.mjs'
import type { Store } from '../../src/index.ts'
import { createBff } from '../../src/index.ts'
import { oauth2 } from '../../src/providers/index.ts'
import { postgresStore } from '../../src/stores/postgres-store.ts'
import { redisStore } from '../../src/stores/redis-store.ts'
import {
  createBrowser,
  createClock,
  createSecondBff,
  createTestBff,
  createTestLogger,
} from '../support/browser.ts'
import { json, rotating } from '../support/token-endpoint.ts'
import type { PostgresServer } from './postgres-server.ts'
import { startPostgres } from './postgres-server.ts'
import type { RedisServer } from './redis-server.ts'
import { findRedis, startRedis } from './redis-server.ts'

const redisProgram = findRedis()
const postgresPrograms = findPostgres()
const patientMs = 120_000
const processCount = 4
const callers = 25

/** An engine that this machine may have. */
interface Engine {
  name: 'redis' | 'postgres'
  isMissing: boolean
  openStore: () => Promise<Store>
  kill: () => Promise<() => Promise<void>>
}

let redis: RedisServer | undefined
let postgres: PostgresServer | undefined

const engines: Engine[] = [
  {
    name: 'redis',
    isMissing: redisProgram === null,
    async openStore() {
      const client = await redis!.connect()
      return redisStore({ client })
    },
    kill: () => redis!.kill(),
  },
  {
    name: 'postgres',
    isMissing: postgresPrograms === null,
    async openStore() {
      const pool = postgres!.connect()
      return postgresStore({ query: (statement, values) => pool.query(statement, values) })
    },
    kill: () => postgres!.kill(),
  },
]

beforeAll(async () => {
  if (redisProgram !== null) redis = await startRedis(redisProgram)
  if (postgresPrograms !== null) postgres = await startPostgres(postgresPrograms)
}, patientMs)

afterAll(async () => {
  await redis?.close()
  await postgres?.close()
}, patientMs)

describe.each(engines)('BFFs on one $name (needs its server)', { timeout: patientMs }, (engine) => {
  it.skipIf(engine.isMissing)(
    'sign nobody out while it is down: 503, no cookie is cleared, and the session is there after',
    async () => {
      const clock = createClock(Date.now())
      const first = createTestBff(rotating(), { store: await engine.openStore() }, clock)
      const second = createSecondBff(first, { store: await engine.openStore() })
      const { body } = await first.signIn()
      for (const [name, value] of first.jar) second.jar.set(name, value)
      expect((await second.restore()).body).toEqual(body)

      const start = await engine.kill()
      const during = await Promise.all([first.restore(), second.token(1, body.session?.session_id)])
      for (const { status, headers, body: error } of during) {
        expect({ status, error: error.error }).toEqual({ status: 503, error: 'temporarily_unavailable' })
        expect(headers.getSetCookie()).toEqual([])
        expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0)
      }
      await start()
      for (const { restore } of [first, second])
        await expect
          .poll(async () => (await restore()).body.session)
          .toMatchObject({ session_id: body.session?.session_id })
    },
  )

  it.skipIf(engine.isMissing)(
    'share the counts of the throttle, and count in memory while it is down',
    async () => {
      const clock = createClock(Date.now())
      const reject = json({ error: 'invalid_grant' }, 400)
      const first = createTestBff(reject, { store: await engine.openStore(), trustProxy: 1 }, clock)
      const second = createSecondBff(first, { store: await engine.openStore(), trustProxy: 1 })
      const fail = async (bff: typeof first, username: string): Promise<number> => {
        const body = { credentials: { username, password: 'wrong' } }
        const { status } = await bff
          .openBrowser()
          .sendRequest('POST', '/session', body, { 'X-Forwarded-For': '203.0.113.9' })
        return status
      }
      for (let count = 0; count < 10; count += 1)
        expect(await fail(count % 2 === 0 ? first : second, 'cathy')).toBe(401)
      expect([await fail(first, 'cathy'), await fail(second, 'cathy')]).toEqual([429, 429])

      const start = await engine.kill()
      expect(await fail(first, 'cathy')).toBe(429)
      for (let count = 0; count < 10; count += 1) expect(await fail(first, 'dora')).toBe(401)
      expect(await fail(first, 'dora')).toBe(429)
      await start()
      expect(first.log.join()).toContain('counts failed sign-ins in the memory of this process')
    },
  )
})

describe('four processes', { timeout: patientMs }, () => {
  /** Rotates refresh tokens; one that is used twice revokes the session. */
  const state = { issued: 0, refreshes: 0, isRevoked: false }
  /** A refresh gets its response when the callers of all processes have asked. */
  let allAsked: Promise<unknown> = Promise.resolve()
  const authorizationServer = createServer((request, response) => {
    void text(request).then(async (body) => {
      const refreshToken = new URLSearchParams(body).get('refresh_token')
      if (refreshToken !== null) {
        state.refreshes += 1
        if (refreshToken !== `refresh-${state.issued}`) state.isRevoked = true
        await allAsked
      }
      if (refreshToken === null || !state.isRevoked) state.issued += 1
      const token = {
        access_token: `access-${state.issued}`,
        refresh_token: `refresh-${state.issued}`,
        token_type: 'Bearer',
        expires_in: 900,
      }
      const isRejected = refreshToken !== null && state.isRevoked
      response.writeHead(isRejected ? 400 : 200, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(isRejected ? { error: 'invalid_grant' } : token))
    })
  })
  const processes: ChildProcess[] = []
  let tokenEndpoint = ''

  beforeAll(async () => {
    await new Promise<void>((resolve) => authorizationServer.listen(0, '127.0.0.1', resolve))
    tokenEndpoint = `http://127.0.0.1:${(authorizationServer.address() as AddressInfo).port}/token`
    if (redis === undefined && postgres === undefined) return
    const configuration = JSON.stringify({
      tokenEndpoint,
      redisPath: redis?.path ?? null,
      postgresHost: postgres?.host ?? null,
      // Past the lifetime of the token.
      advanceMs: 901_000,
    })
    const file = fileURLToPath(new URL('bff-process.mjs', import.meta.url))
    for (let index = 0; index < processCount; index += 1) processes.push(fork(file, [configuration]))
    await Promise.all(processes.map((process) => once(process, 'message')))
  }, patientMs)

  afterAll(() => {
    for (const process of processes) process.kill('SIGKILL')
    authorizationServer.close()
  })

  describe.each(engines)('on one $name (needs its server)', ({ name, isMissing, openStore }) => {
    it.skipIf(isMissing)('with 25 callers each send one refresh, and all get its token', async () => {
      Object.assign(state, { issued: 0, refreshes: 0, isRevoked: false })
      const provider = oauth2({ tokenEndpoint, clientId: 'portal', clientSecret: 's3cret' })
      const browser = createBrowser(
        createBff({ provider, store: await openStore(), logger: createTestLogger() }),
      )
      const { body } = await browser.signIn()
      const cookie = [...browser.jar].map(([key, value]) => `${key}=${value}`).join('; ')
      const asked = processes.map((process) => once(process, 'message'))
      allAsked = Promise.all(asked)
      const results = processes.map(async (process, index) => {
        await asked[index]
        return (await once(process, 'message'))[0] as string[]
      })
      for (const process of processes)
        process.send({ engine: name, cookie, sessionId: body.session?.session_id, callers })
      const tokens = (await Promise.all(results)).flat()
      expect(tokens).toEqual(Array(processCount * callers).fill('access-2'))
      expect(state).toMatchObject({ refreshes: 1, isRevoked: false })
    })
  })
})
