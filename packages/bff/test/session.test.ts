import { describe, expect, it } from 'vitest'
import { memoryStore } from '../src/index.ts'
import { createBrowser, createTestBff } from './support/browser.ts'
import { failWithCode, json, raw, revokedAt, rotating } from './support/token-endpoint.ts'

const name = '__Host-Http-latchkey'
const limits = { idle: 600, absolute: 3600 }
const lasting = json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 1e6 })

describe('the cookie', () => {
  it('63 is bound to this host and to http, strict, and ends with the browser', async () => {
    const { signIn } = createTestBff(rotating())
    expect((await signIn()).headers.get('Set-Cookie')).toMatch(
      /^__Host-Http-latchkey=[\w-]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    )
  })

  it('lasts as long as the session may when the user wants to be remembered', async () => {
    const { signIn } = createTestBff(rotating())
    expect((await signIn({ remember: true })).headers.get('Set-Cookie')).toMatch(/; Max-Age=604800$/)
  })

  it.each([
    ['http://localhost:5173', undefined, 'latchkey', false],
    ['http://127.0.0.1:5173', undefined, 'latchkey', false],
    ['http://[::1]:5173', undefined, 'latchkey', false],
    ['http://portal.example.com', undefined, name, true],
    ['http://127.0.0.1:3000', 'https://portal.example.com', name, true],
    ['https://localhost:5173', undefined, name, true],
  ])('asked for at %s with the origin %s is called %s', async (at, origin, called, secure) => {
    const { bff } = createTestBff(rotating(), origin === undefined ? {} : { origin })
    const { ask } = createBrowser(bff, at)
    const credentials = { username: 'c', password: 'p' }
    const answer = await ask('POST', '/session', { credentials }, { Origin: origin ?? at })
    const cookie = answer.headers.get('Set-Cookie') ?? ''
    expect(cookie.startsWith(`${called}=`)).toBe(true)
    expect(cookie.includes('Secure')).toBe(secure)
  })

  it('carries the base path in its name, so that several BFFs live side by side', async () => {
    const { signIn } = createTestBff(rotating(), { basePath: '/auth/axo.soft' })
    expect((await signIn()).headers.get('Set-Cookie')).toMatch(/^__Host-Http-latchkey-auth-axo-soft=/)
  })

  it('is taken away with the attributes it was set with', async () => {
    const { signOut } = createTestBff(rotating())
    expect((await signOut()).headers.get('Set-Cookie')).toBe(
      `${name}=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0`,
    )
  })

  it.each([
    ['cut short', (value: string) => `${name}=${value.slice(0, -1)}`],
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
    ['there twice', (value: string) => `${name}=${value}; ${name}=${value}`],
    ['under another name', (value: string) => `latchkey=${value}`],
  ])('64 opens nothing when it is %s', async (_, change) => {
    const { signIn, jar, bff } = createTestBff(rotating())
    await signIn()
    const { ask } = createBrowser(bff)
    const Cookie = change(jar.get(name) ?? '')
    expect(await ask('GET', '/session', undefined, { Cookie })).toMatchObject({
      status: 200,
      body: { session: null },
    })
    expect((await ask('DELETE', '/session', undefined, { Cookie })).status).toBe(204)
    expect((await ask('POST', '/token', { session_id: 'x', after: 0 }, { Cookie })).status).toBe(401)
  })

  it('is found among others', async () => {
    const { signIn, ask, jar } = createTestBff(rotating())
    await signIn()
    const Cookie = `a=1;${name}=${jar.get(name)};  x${name}=2; b`
    expect((await ask('GET', '/session', undefined, { Cookie })).body.session).not.toBeNull()
  })

  it('64 opens nothing without the secret of the deployer', async () => {
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

describe('what the store holds', () => {
  it('names no cookie, no session and no user, and shows none of the tokens', async () => {
    const store = memoryStore()
    const seen: string[] = []
    const insert: typeof store.insert = (key, record) => {
      seen.push(key, record.subject, Buffer.from(record.sealed).toString('latin1'))
      return store.insert(key, record)
    }
    const { signIn, jar } = createTestBff(rotating(), { store: { ...store, insert } })
    const { body } = await signIn()
    const all = seen.join('\n')
    for (const secret of [
      jar.get(name) ?? '',
      body.session?.session_id ?? '',
      'access-1',
      'refresh-1',
      'cathy',
    ])
      expect(all).not.toContain(secret)
  })

  it('64 opens nothing when a record is laid in the place of another', async () => {
    const store = memoryStore()
    const keys: string[] = []
    const insert: typeof store.insert = (key, record) => (keys.push(key), store.insert(key, record))
    const { signIn, restore, another } = createTestBff(rotating(), { store: { ...store, insert } })
    await signIn()
    await another().signIn()
    const [mine = '', other = ''] = keys
    const record = await store.read(other)
    if (record) await store.replace(mine, record, 1)
    expect((await restore()).body).toMatchObject({ session: null })
  })
})

describe('the limits of a session', () => {
  it('end it when it was not used for the idle limit, to the second', async () => {
    const { signIn, restore, token, clock, endpoint, bff } = createTestBff(lasting, { session: limits })
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

  it('end it at its longest life, however much it is used', async () => {
    const { signIn, restore, token, clock } = createTestBff(lasting, { session: limits })
    await signIn()
    for (let used = 0; used < 3500; used += 500) {
      await clock.pass(500)
      expect((await restore()).body.session?.expires_in).toBe(Math.min(600, 3600 - used - 500))
    }
    await clock.pass(100)
    expect((await token(1)).body.reason).toBe('absolute')
  })

  it('are not moved by a peek or by a refresh', async () => {
    const { signIn, restore, token, clock } = createTestBff(lasting, { session: limits })
    await signIn()
    await clock.pass(300)
    expect((await restore('?peek')).body.session?.expires_in).toBe(300)
    expect((await token(1)).body).toMatchObject({ session: { expires_in: 300 }, token: { sequence: 2 } })
    await clock.pass(300)
    expect((await restore()).body).toMatchObject({ session: null })
  })
})

describe('a sign-out', () => {
  it('ends the session at once, twice is fine, and gives the refresh token back', async () => {
    const { signIn, signOut, restore, endpoint, bff, jar } = createTestBff(rotating())
    await signIn()
    const [cookie = ''] = jar.values()
    expect((await signOut()).status).toBe(204)
    expect((await signOut()).status).toBe(204)
    jar.set(name, cookie)
    expect((await restore()).body).toMatchObject({ session: null })
    await bff.close()
    const asked = endpoint.requests.at(-1)
    expect(Object.fromEntries(asked?.parameters ?? [])).toEqual({
      token: 'refresh-1',
      token_type_hint: 'refresh_token',
    })
    expect(asked?.headers.get('Authorization')).toBe(`Basic ${btoa('portal:s3cret')}`)
  })

  it.each([
    ['answers 503', raw('', 503)],
    ['cannot be reached', failWithCode('ENOTFOUND')],
    ['never answers', () => new Promise<Response>(() => {})],
  ])('74 is done when the revocation endpoint %s', async (_, reply) => {
    const { signIn, signOut, restore, endpoint } = createTestBff(rotating())
    await signIn()
    endpoint.script(reply)
    expect((await signOut()).status).toBe(204)
    expect((await restore()).body).toMatchObject({ session: null })
  })

  it('everywhere ends all sessions of this user and of nobody else', async () => {
    const { signIn, signOut, restore, another } = createTestBff(rotating())
    const phone = another()
    const dora = another()
    await signIn()
    await phone.signIn()
    await dora.signIn({ credentials: { username: 'dora', password: 'p' } })
    expect((await signOut('?everywhere')).status).toBe(204)
    expect((await restore()).body.session).toBeNull()
    expect((await phone.restore()).body.session).toBeNull()
    expect((await dora.restore()).body.session).not.toBeNull()
  })

  it('that comes late ends the session it means and not the one of who has signed in since', async () => {
    const { signIn, signOut, restore } = createTestBff(rotating())
    const first = (await signIn()).body.session?.session_id
    const second = (await signIn()).body.session?.session_id
    const late = await signOut(`?session_id=${first}`)
    expect(late.status).toBe(204)
    expect(late.headers.get('Set-Cookie')).toBeNull()
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

describe('a store that fails', () => {
  const store = memoryStore()
  const failing = {
    ...store,
    read: () => Promise.reject(new Error('disk full')),
    insert: () => Promise.reject(new Error('disk full')),
  }

  it('signs nobody out: 503, and the cookie stays', async () => {
    const { signIn, restore, token, signOut, jar, log } = createTestBff(rotating(), { store: failing })
    jar.set(name, 'A'.repeat(64))
    for (const answer of [await signIn(), await restore(), await token(1, 'x'), await signOut()]) {
      expect(answer).toMatchObject({
        status: 503,
        body: { error: 'temporarily_unavailable', retry_after: 5 },
      })
      expect(answer.headers.get('Set-Cookie')).toBeNull()
    }
    expect(log.join('\n')).toContain('disk full')
  })
})
