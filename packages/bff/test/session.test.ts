import { describe, expect, it } from 'vitest'
import type { LoginRequiredReason } from '@latchkey/wire'
import type { Store } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import {
  createBrowser,
  createClock,
  createSecondBff,
  createTestBff,
  flushPromises,
} from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { failWithCode, json, raw, revokedAt, rotating } from './support/token-endpoint.ts'

const name = '__Host-Http-latchkey'
const limits = { idle: 600, absolute: 3600 }
const descriptions: Record<LoginRequiredReason, RegExp> = {
  no_session: /no cookie of a known session/,
  session_changed: /another session/,
  idle: /unused/,
  absolute: /maximum age/,
  no_refresh: /cannot be refreshed/,
  refresh_rejected: /rejected the refresh/,
  refresh_lost: /response to a refresh was lost/,
  too_many_sessions: /more sessions than allowed/,
}
const issueLongLived = json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 1e6 })

describe('the session cookie', () => {
  it('63 has the prefix __Host-Http-, is HttpOnly, Secure and SameSite=Strict, and ends with the browser session', async () => {
    const { signIn } = createTestBff(rotating())
    expect((await signIn()).headers.getSetCookie()[0]).toMatch(
      /^__Host-Http-latchkey=[\w-]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    )
  })

  it('has the maximum age of the session as Max-Age when the user chose to be remembered', async () => {
    const { signIn } = createTestBff(rotating())
    expect((await signIn({ remember: true })).headers.getSetCookie()[0]).toMatch(/; Max-Age=604800$/)
  })

  it.each([
    ['http://localhost:5173', undefined, 'latchkey', false],
    ['http://127.0.0.1:5173', undefined, 'latchkey', false],
    ['http://[::1]:5173', undefined, 'latchkey', false],
    ['http://portal.example.com', undefined, name, true],
    ['http://127.0.0.1:3000', 'https://portal.example.com', name, true],
    ['https://localhost:5173', undefined, name, true],
  ])(
    'set at %s, with the option origin %s, is named %s',
    async (requestOrigin, origin, cookieName, secure) => {
      const { bff } = createTestBff(rotating(), origin === undefined ? {} : { origin })
      const { sendRequest } = createBrowser(bff, requestOrigin)
      const credentials = { username: 'c', password: 'p' }
      const response = await sendRequest(
        'POST',
        '/session',
        { credentials },
        { Origin: origin ?? requestOrigin },
      )
      const cookie = response.headers.get('Set-Cookie') ?? ''
      expect(cookie.startsWith(`${cookieName}=`)).toBe(true)
      expect(cookie.includes('Secure')).toBe(secure)
    },
  )

  it('has the base path in its name, so that several BFFs fit in one app', async () => {
    const { signIn } = createTestBff(rotating(), { basePath: '/auth/axo.soft' })
    expect((await signIn()).headers.get('Set-Cookie')).toMatch(/^__Host-Http-latchkey-auth-axo-soft=/)
  })

  it('is deleted with the attributes that it was set with', async () => {
    const { signOut } = createTestBff(rotating())
    expect((await signOut()).headers.get('Set-Cookie')).toBe(
      `${name}=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0`,
    )
  })

  it.each([
    ['too short', (value: string) => `${name}=${value.slice(0, -1)}`],
    [
      'changed at its end',
      (value: string) => `${name}=${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`,
    ],
    [
      'changed at its beginning',
      (value: string) => `${name}=${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`,
    ],
    ['with odd characters', (value: string) => `${name}=${value.slice(0, -2)}%00`],
    ['of 100 kB', () => `${name}=${'A'.repeat(100_000)}`],
    ['empty', () => `${name}=`],
    ['sent twice', (value: string) => `${name}=${value}; ${name}=${value}`],
    ['under another name', (value: string) => `latchkey=${value}`],
  ])('64 opens no session when it is %s', async (_, change) => {
    const { signIn, jar, bff } = createTestBff(rotating())
    await signIn()
    const { sendRequest } = createBrowser(bff)
    const Cookie = change(jar.get(name) ?? '')
    expect(await sendRequest('GET', '/session', undefined, { Cookie })).toMatchObject({
      status: 200,
      body: { session: null },
    })
    expect((await sendRequest('DELETE', '/session', undefined, { Cookie })).status).toBe(204)
    expect((await sendRequest('POST', '/token', { session_id: 'x', after: 0 }, { Cookie })).status).toBe(401)
  })

  it('is found among other cookies', async () => {
    const { signIn, sendRequest, jar } = createTestBff(rotating())
    await signIn()
    const Cookie = `a=1;${name}=${jar.get(name)};  x${name}=2; b`
    expect((await sendRequest('GET', '/session', undefined, { Cookie })).body.session).not.toBeNull()
  })

  it('64 opens no session without the deployer’s secret', async () => {
    const store = memoryStore()
    const one = createTestBff(rotating(), { store, secret: 'x'.repeat(32) })
    await one.signIn()
    expect((await one.restore()).body.session).not.toBeNull()
    for (const secret of [{}, { secret: 'y'.repeat(32) }]) {
      const other = createTestBff(rotating(), { store, ...secret, platform: one.clock })
      other.jar.set(name, one.jar.get(name) ?? '')
      expect((await other.restore()).body).toMatchObject({ session: null })
    }
  })
})

describe('the records in the store', () => {
  it('contain no cookie, session id, username or token', async () => {
    const store = memoryStore()
    const written: string[] = []
    const insert: typeof store.insert = (key, record) => {
      written.push(key, ...record.indexNames, Buffer.from(record.sealed).toString('latin1'))
      return store.insert(key, record)
    }
    const { signIn, jar } = createTestBff(rotating(), { store: { ...store, insert } })
    const { body } = await signIn()
    const all = written.join('\n')
    for (const secret of [
      jar.get(name) ?? '',
      body.session?.session_id ?? '',
      'access-1',
      'refresh-1',
      'cathy',
    ])
      expect(all).not.toContain(secret)
  })

  it('64 open no session when one is copied to the key of another', async () => {
    const clock = createClock()
    const store = memoryStore({ now: clock.now })
    const keys: string[] = []
    const insert: typeof store.insert = (key, record) => (keys.push(key), store.insert(key, record))
    const { signIn, restore, openBrowser } = createTestBff(rotating(), { store: { ...store, insert } })
    await signIn()
    await openBrowser().signIn()
    const [ownKey = '', otherKey = ''] = keys
    const record = await store.read(otherKey)
    if (record) await store.replace(ownKey, record, 1)
    expect((await restore()).body).toMatchObject({ session: null })
  })
})

describe('the limits of a session', () => {
  it('end it after the idle limit without use, to the second', async () => {
    const { signIn, restore, token, clock, endpoint, bff } = createTestBff(issueLongLived, {
      session: limits,
    })
    await signIn()
    await clock.pass(599)
    expect((await restore()).body.session?.expires_in).toBe(600)
    await clock.pass(600)
    endpoint.script(raw(''))
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'idle' })
    expect((await restore()).body).toMatchObject({ session: null })
    await bff.close()
    expect(revokedAt(endpoint)).toEqual(['r'])
  })

  it('end it after the absolute limit, even if it is used', async () => {
    const { signIn, restore, token, clock } = createTestBff(issueLongLived, { session: limits })
    await signIn()
    for (let used = 0; used < 3500; used += 500) {
      await clock.pass(500)
      expect((await restore()).body.session?.expires_in).toBe(Math.min(600, 3600 - used - 500))
    }
    await clock.pass(100)
    expect((await token(1)).body.reason).toBe('absolute')
  })

  it('name the one that was reached first, also when the other is reached before any process ends the session', async () => {
    const options = { store: memoryStore(), session: limits }
    const first = createTestBff(issueLongLived, options)
    const id = (await first.signIn()).body.session?.session_id
    await first.clock.pass(600)
    // A process that has just started trusts no single look at the clock, so it only names the reason.
    const second = createSecondBff(first, options)
    expect((await second.token(1, id)).body.reason).toBe('idle')
    await first.clock.pass(3600)
    expect((await first.token(1)).body.reason).toBe('idle')
  })

  it('are not extended by a peek or a refresh', async () => {
    const { signIn, restore, token, clock } = createTestBff(issueLongLived, { session: limits })
    await signIn()
    await clock.pass(300)
    expect((await restore('?peek')).body.session?.expires_in).toBe(300)
    expect((await token(1)).body).toMatchObject({ session: { expires_in: 300 }, token: { sequence: 2 } })
    await clock.pass(300)
    expect((await restore()).body).toMatchObject({ session: null })
  })
})

describe('the number of sessions of a user', () => {
  it('is limited: a sign-in beyond the limit ends the oldest, and no session of another user', async () => {
    const { openBrowser } = createTestBff(rotating(), { session: { perUser: 2 } })
    const other = openBrowser()
    await other.signIn({ credentials: { username: 'dora', password: 'p' } })
    const browsers = [openBrowser(), openBrowser(), openBrowser(), openBrowser()]
    for (const browser of browsers) await browser.signIn()
    const sessions = await Promise.all(
      [...browsers, other].map(async ({ restore }) => (await restore()).body.session),
    )
    expect(sessions.map((session) => session !== null)).toEqual([false, false, true, true, true])
  })

  it('is the reason that the browser of an ended session gets, whose tokens are revoked then', async () => {
    const { openBrowser, endpoint, log, bff } = createTestBff(rotating(), { session: { perUser: 1 } })
    const [first, second] = [openBrowser(), openBrowser()]
    await first.signIn()
    await second.signIn()
    expect((await first.restore('?peek')).body).toMatchObject({ session: null, reason: 'too_many_sessions' })
    expect((await first.token(1)).body).toMatchObject({ reason: 'too_many_sessions' })
    await bff.close()
    const revoked = endpoint.requests.filter(({ url }) => url.pathname === '/revoke')
    expect(revoked.map(({ parameters }) => parameters.get('token'))).toEqual(['refresh-1'])
    expect(log.filter((line) => line.includes('(too_many_sessions)'))).toHaveLength(1)
    expect((await second.restore()).body.session).not.toBeNull()
  })

  it('ends a session that is being refreshed, and revokes its new tokens', async () => {
    const server = rotating()
    const { openBrowser, endpoint, clock, bff } = createTestBff(server, { session: { perUser: 1 } })
    const [first, second] = [openBrowser(), openBrowser()]
    await first.signIn()
    await clock.pass(901)
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const respondLate: Reply = async (request) => {
      const response = server(request)
      await released
      return response
    }
    endpoint.script(respondLate, server)
    const refreshed = first.token(1)
    await flushPromises()
    await second.signIn()
    release()
    expect((await refreshed).body.reason).toBe('too_many_sessions')
    await bff.close()
    const revoked = endpoint.requests.filter(({ url }) => url.pathname === '/revoke')
    expect(revoked.map(({ parameters }) => parameters.get('token'))).toContain('refresh-2')
  })

  it('limits the records of ended sessions as well', async () => {
    const clock = createClock()
    const store = memoryStore({ now: clock.now })
    const keys: string[] = []
    const insert: Store['insert'] = (key, record) => {
      if (record.indexNames.some((indexName) => indexName.startsWith('user:'))) keys.push(key)
      return store.insert(key, record)
    }
    const options = { store: { ...store, insert }, session: { perUser: 2 } }
    const { openBrowser } = createTestBff(rotating(), options, clock)
    for (let count = 0; count < 10; count += 1) await openBrowser().signIn()
    const records = await Promise.all(keys.map((key) => store.read(key)))
    expect(records.map((record) => record !== null)).toEqual([
      ...Array.from({ length: 6 }, () => false),
      ...Array.from({ length: 4 }, () => true),
    ])
  })

  it('does not count sessions that have ended', async () => {
    const { openBrowser, clock } = createTestBff(rotating(), { session: { idle: 60, perUser: 1 } })
    const first = openBrowser()
    await first.signIn()
    await clock.pass(61)
    const second = openBrowser()
    await second.signIn()
    expect((await second.restore()).body.session).not.toBeNull()
  })
})

describe('a sign-out', () => {
  it('ends the session at once, revokes the refresh token, and may be repeated', async () => {
    const { signIn, signOut, restore, endpoint, bff, jar } = createTestBff(rotating())
    await signIn()
    const [cookie = ''] = jar.values()
    expect((await signOut()).status).toBe(204)
    expect((await signOut()).status).toBe(204)
    jar.set(name, cookie)
    expect((await restore()).body).toMatchObject({ session: null })
    await bff.close()
    const revocation = endpoint.requests.at(-1)
    expect(Object.fromEntries(revocation?.parameters ?? [])).toEqual({
      token: 'refresh-1',
      token_type_hint: 'refresh_token',
    })
    expect(revocation?.headers.get('Authorization')).toBe(`Basic ${btoa('portal:s3cret')}`)
  })

  it.each([
    ['responds with 503', raw('', 503)],
    ['cannot be reached', failWithCode('ENOTFOUND')],
    ['never responds', () => new Promise<Response>(() => {})],
  ])('74 succeeds when the revocation endpoint %s', async (_, reply) => {
    const { signIn, signOut, restore, endpoint } = createTestBff(rotating())
    await signIn()
    endpoint.script(reply)
    expect((await signOut()).status).toBe(204)
    expect((await restore()).body).toMatchObject({ session: null })
  })

  it('with everywhere ends all sessions of this user and no others', async () => {
    const { signIn, signOut, restore, openBrowser } = createTestBff(rotating())
    const phone = openBrowser()
    const dora = openBrowser()
    await signIn()
    await phone.signIn({ credentials: { username: 'Cathy ', password: 'p' } })
    await dora.signIn({ credentials: { username: 'dora', password: 'p' } })
    expect((await signOut('?everywhere')).status).toBe(204)
    expect((await restore()).body.session).toBeNull()
    expect((await phone.restore()).body.session).toBeNull()
    expect((await dora.restore()).body.session).not.toBeNull()
  })

  it('with everywhere ends the other sessions of the user of a session that has ended by itself', async () => {
    const { signIn, signOut, restore, openBrowser, clock } = createTestBff(issueLongLived, {
      session: { idle: 600 },
    })
    const [phone, laptop, dora] = [openBrowser(), openBrowser(), openBrowser()]
    await phone.signIn()
    await laptop.signIn()
    await dora.signIn({ credentials: { username: 'dora', password: 'p' } })
    const id = (await signIn()).body.session?.session_id ?? ''
    await clock.pass(599)
    for (const browser of [phone, laptop, dora]) await browser.restore()
    await clock.pass(1)
    expect((await restore()).body.reason).toBe('idle')
    expect((await signOut('?session_id=another&everywhere')).status).toBe(204)
    expect((await phone.restore()).body.session).not.toBeNull()
    expect((await signOut(`?session_id=${id}&everywhere`)).status).toBe(204)
    expect((await phone.restore()).body.session).toBeNull()
    expect((await laptop.restore()).body.session).toBeNull()
    expect((await dora.restore()).body.session).not.toBeNull()
  })

  it('with a session_id ends only that session, and not a newer one', async () => {
    const { signIn, signOut, restore } = createTestBff(rotating())
    const first = (await signIn()).body.session?.session_id
    const second = (await signIn()).body.session?.session_id
    const lateSignOut = await signOut(`?session_id=${first}`)
    expect(lateSignOut.status).toBe(204)
    expect(lateSignOut.headers.get('Set-Cookie')).toBeNull()
    expect((await restore()).body.session?.session_id).toBe(second)
    expect((await signOut(`?session_id=${second}`)).headers.get('Set-Cookie')).toContain('Max-Age=0')
    expect((await restore()).body.session).toBeNull()
  })

  it('that comes late removes no cookie when its own session has ended, as the cookie may be a later one', async () => {
    const { bff, jar, signIn, signOut, restore } = createTestBff(rotating())
    const first = (await signIn()).body.session?.session_id
    const late = createBrowser(bff)
    for (const [cookie, value] of jar) late.jar.set(cookie, value)
    const second = (await signIn()).body.session?.session_id
    expect((await late.signOut(`?session_id=${first}`)).headers.get('Set-Cookie')).toBeNull()
    expect((await signOut(`?session_id=${first}`)).headers.get('Set-Cookie')).toBeNull()
    expect((await restore()).body.session?.session_id).toBe(second)
  })
})

describe('the reason of login_required', () => {
  const shortRefreshToken = json({
    access_token: 'a',
    refresh_token: 'r',
    token_type: 'Bearer',
    expires_in: 900,
    refresh_expires_in: 1800,
  })
  const provider = {
    ...oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
    response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' as const }] },
  }

  it.each<[string, LoginRequiredReason, Reply, (browser: ReturnType<typeof createTestBff>) => unknown]>([
    ['the request has no cookie', 'no_session', rotating(), ({ jar }) => jar.clear()],
    ['the cookie is malformed', 'no_session', rotating(), ({ jar }) => jar.set(name, 'x')],
    [
      'the session has ended',
      'no_session',
      rotating(),
      ({ signOut, jar }) => {
        const cookie = jar.get(name) ?? ''
        return signOut().then(() => jar.set(name, cookie))
      },
    ],
    [
      'the browser has another session',
      'session_changed',
      rotating(),
      ({ jar, openBrowser }) => {
        const other = openBrowser()
        return other.signIn().then(() => jar.set(name, other.jar.get(name) ?? ''))
      },
    ],
    ['the session was unused', 'idle', issueLongLived, ({ clock }) => clock.pass(600)],
    [
      'the session is too old',
      'absolute',
      issueLongLived,
      async ({ clock, restore }) => {
        for (let used = 0; used < 3600; used += 300) {
          await clock.pass(300)
          if (used < 3300) await restore()
        }
      },
    ],
    [
      'the refresh token has expired',
      'no_refresh',
      shortRefreshToken,
      async ({ clock, restore, endpoint }) => {
        endpoint.script(raw('', 503))
        for (let used = 0; used < 1800; used += 300) {
          await clock.pass(300)
          if (used < 1500) await restore()
        }
      },
    ],
  ])('is true, and described, when %s', async (_, reason, reply, act) => {
    const setup = createTestBff(reply, { session: limits, provider })
    const id = (await setup.signIn()).body.session?.session_id
    await act(setup)
    const { status, body } = await setup.token(1, id)
    expect([status, body.error, body.reason]).toEqual([401, 'login_required', reason])
    expect(body.error_description).toMatch(descriptions[reason])
  })
})

describe('a failing store', () => {
  const store = memoryStore()
  const failingStore = {
    ...store,
    read: () => Promise.reject(new Error('disk full')),
    insert: () => Promise.reject(new Error('disk full')),
  }

  it('causes 503, and the cookie stays', async () => {
    const { signIn, restore, token, signOut, jar, log } = createTestBff(rotating(), { store: failingStore })
    jar.set(name, 'A'.repeat(64))
    for (const response of [await signIn(), await restore(), await token(1, 'x'), await signOut()]) {
      expect(response).toMatchObject({
        status: 503,
        body: { error: 'temporarily_unavailable', retry_after: 5 },
      })
      expect(response.headers.get('Set-Cookie')).toBeNull()
    }
    expect(log.join('\n')).toContain('disk full')
  })
})
