import { describe, expect, it } from 'vitest'
import type { SessionListResponse } from '@latchkey/wire'
import { memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import type { Browser } from './support/browser.ts'
import { createClock, createSecondBff, createTestBff } from './support/browser.ts'
import { json, revokedAt } from './support/token-endpoint.ts'

const issue = json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 })
const session = { idle: 600, absolute: 3600 }

async function list(browser: Browser): Promise<SessionListResponse['sessions']> {
  const { status, text } = await browser.sendRequest('GET', '/sessions')
  expect(status).toBe(200)
  return (JSON.parse(text) as SessionListResponse).sessions
}

/** Three browsers of one user, who signed in a minute apart, and one of another user. */
async function createSetup() {
  const clock = createClock()
  const store = memoryStore({ now: clock.now })
  const setup = createTestBff(issue, { store, session }, clock)
  const browsers = [setup, setup.openBrowser(), setup.openBrowser()] as const
  const ids: string[] = []
  for (const browser of browsers) {
    ids.push((await browser.signIn()).body.session?.session_id ?? '')
    await clock.pass(60)
  }
  const stranger = setup.openBrowser()
  await stranger.signIn({ credentials: { username: 'dora', password: 'p' } })
  return { ...setup, store, clock, browsers, ids, stranger }
}

describe('GET sessions', () => {
  it('lists the sessions of the user, oldest first, and says which is that of the browser', async () => {
    const { browsers, ids } = await createSetup()
    expect(await list(browsers[1])).toEqual([
      { session_id: ids[0], current: false, age: 180, expires_in: 420 },
      { session_id: ids[1], current: true, age: 120, expires_in: 480 },
      { session_id: ids[2], current: false, age: 60, expires_in: 540 },
    ])
  })

  it('leaves out sessions that have ended, and does not count as use', async () => {
    const { browsers, ids, clock } = await createSetup()
    await browsers[2].signOut()
    await clock.pass(430)
    expect((await list(browsers[1])).map(({ session_id: id }) => id)).toEqual([ids[1]])
    await clock.pass(60)
    expect((await browsers[1].sendRequest('GET', '/sessions')).body).toMatchObject({
      error: 'login_required',
      reason: 'idle',
    })
  })

  it('needs a session, and the header of a page', async () => {
    const { browsers, openBrowser } = await createSetup()
    expect(await openBrowser().sendRequest('GET', '/sessions')).toMatchObject({
      status: 401,
      body: { error: 'login_required' },
    })
    const fromElsewhere = { 'X-Latchkey': '', 'Sec-Fetch-Site': 'cross-site' }
    for (const [method, path] of [
      ['GET', '/sessions'],
      ['DELETE', '/sessions'],
      ['DELETE', '/sessions/abc'],
    ] as const)
      expect((await browsers[0].sendRequest(method, path, undefined, fromElsewhere)).status).toBe(403)
    expect(await list(browsers[0])).toHaveLength(3)
  })
})

describe('DELETE sessions/{session_id}', () => {
  it('ends that session in all processes, also when it is sent twice', async () => {
    const { browsers, ids, store, ...first } = await createSetup()
    const second = createSecondBff({ ...first, ...browsers[2] }, { store, session })
    for (let count = 0; count < 2; count += 1)
      expect((await browsers[0].sendRequest('DELETE', `/sessions/${ids[2]}`)).status).toBe(204)
    expect((await second.restore()).body.session).toBeNull()
    expect((await browsers[2].token(1)).body).toMatchObject({
      error: 'login_required',
      reason: 'no_session',
    })
    expect((await list(browsers[0])).map(({ session_id: id }) => id)).toEqual(ids.slice(0, 2))
  })

  it('ends no session of another user', async () => {
    const { browsers, stranger } = await createSetup()
    const [{ session_id: id } = { session_id: '' }] = await list(stranger)
    expect((await browsers[0].sendRequest('DELETE', `/sessions/${id}`)).status).toBe(204)
    expect(await list(stranger)).toHaveLength(1)
  })

  it('signs the browser out when the session is its own: removes the cookie and revokes the tokens', async () => {
    const { browsers, ids, endpoint, bff } = await createSetup()
    const { status, headers } = await browsers[0].sendRequest('DELETE', `/sessions/${ids[0]}`)
    expect(status).toBe(204)
    expect(headers.get('Set-Cookie')).toMatch(/Max-Age=0/)
    await bff.close()
    expect(revokedAt(endpoint)).toContain('r')
    expect(await list(browsers[1])).toHaveLength(2)
  })

  it.each(['/sessions/', '/sessions/a/b', '/sessions/a%2Fb'])('is not at %s', async (path) => {
    const { browsers } = await createSetup()
    expect((await browsers[0].sendRequest('DELETE', path)).status).toBe(404)
  })
})

it('a BFF whose callers share a machine token has no list of sessions', async () => {
  const { sendRequest } = createTestBff(issue, {
    mode: 'proxy',
    provider: oauth2({
      tokenEndpoint: 'https://as.example.com/token',
      clientId: 'portal',
      clientSecret: 's3cret',
      grant: 'client_credentials',
    }),
    authorize: () => ({ subject: 'cathy' }),
  })
  expect((await sendRequest('GET', '/sessions')).status).toBe(404)
  expect((await sendRequest('DELETE', '/sessions/abc')).status).toBe(404)
})

it('DELETE sessions ends all other sessions of the user, and keeps that of the browser', async () => {
  const { browsers, ids, stranger } = await createSetup()
  expect((await browsers[1].sendRequest('DELETE', '/sessions')).status).toBe(204)
  expect((await list(browsers[1])).map(({ session_id: id }) => id)).toEqual([ids[1]])
  expect((await browsers[0].restore()).body.session).toBeNull()
  expect(await list(stranger)).toHaveLength(1)
})

describe('bff.admin', () => {
  it('lists and ends the sessions of a user by username or subject', async () => {
    const { bff, browsers, ids, clock } = await createSetup()
    const listed = await bff.admin.list({ username: ' Cathy ' })
    expect(listed.map(({ id }) => id)).toEqual(ids)
    expect(listed[2]).toMatchObject({ signedInAt: clock.now() - 60_000, expiresAt: clock.now() + 540_000 })
    const subject = (await browsers[0].restore()).body.session?.subject ?? ''
    expect(await bff.admin.endSession({ subject }, ids[1] ?? '')).toBe(true)
    expect(await bff.admin.endSession({ subject }, ids[1] ?? '')).toBe(false)
    expect((await bff.admin.list({ subject })).map(({ id }) => id)).toEqual([ids[0], ids[2]])
    await bff.admin.endUser({ subject })
    expect(await bff.admin.list({ subject })).toEqual([])
    expect((await browsers[0].restore()).body.session).toBeNull()
  })

  it('finds a user by the id that the provider returns', async () => {
    const withUser = json({ access_token: 'a', token_type: 'Bearer', expires_in: 900, user: { id: 42 } })
    const base = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
    const provider = { ...base, response: { ...base.response, user: '/user' } }
    const { signIn, bff } = createTestBff(withUser, { provider })
    await signIn()
    expect(await bff.admin.list({ id: 42 })).toHaveLength(1)
    expect(await bff.admin.list({ username: 'cathy' })).toEqual([])
  })
})
