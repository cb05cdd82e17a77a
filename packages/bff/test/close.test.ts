import { describe, expect, it } from 'vitest'
import { memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createClock, createSecondBff, createTestBff, flushPromises } from './support/browser.ts'
import { grantsOf, hangUntilReleased, json, raw, revokedAt, rotating } from './support/token-endpoint.ts'

describe('close', () => {
  it('waits for a refresh whose callers have left, so that the next process has its token', async () => {
    const store = memoryStore()
    const server = rotating()
    const first = createTestBff(server, { store })
    const id = (await first.signIn()).body.session?.session_id
    await first.clock.pass(901)
    const slow = hangUntilReleased(server)
    first.endpoint.script(slow.reply)
    void first.token(1)
    await flushPromises()
    let isClosed = false
    const closing = first.bff.close().then(() => (isClosed = true))
    await flushPromises()
    expect(isClosed).toBe(false)
    slow.release()
    await closing
    const second = createSecondBff(first, { store })
    expect((await second.token(1, id)).body.token).toMatchObject({ access_token: 'access-2', sequence: 2 })
    expect(grantsOf(first.endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('starts no more grants: sessions are served while their token is valid, and get 503 then', async () => {
    const { signIn, token, restore, openBrowser, endpoint, clock, bff } = createTestBff(rotating())
    await signIn()
    await clock.pass(850)
    await bff.close()
    expect((await token(1)).body.token).toMatchObject({ sequence: 1, expires_in: 50 })
    await clock.pass(51)
    expect(await token(1)).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable', retry_after: 1 },
    })
    expect((await restore()).body.session).not.toBeNull()
    expect(await openBrowser().signIn()).toMatchObject({ status: 503, body: { retry_after: 1 } })
    expect(endpoint.requests).toHaveLength(1)
  })

  it('waits for a sign-in under way', async () => {
    const slow = hangUntilReleased(rotating())
    const { signIn, restore, bff } = createTestBff(slow.reply)
    const pending = signIn()
    await flushPromises()
    const closing = bff.close()
    slow.release()
    await closing
    expect((await pending).status).toBe(200)
    expect((await restore()).body.session).not.toBeNull()
  })

  it('resolves after the time limit of a grant, whatever is still under way, and says so', async () => {
    const clock = createClock()
    const { signIn, token, endpoint, bff, log } = createTestBff(
      rotating(),
      { platform: { startTimer: clock.startTimer }, store: memoryStore(), timeout: 3 },
      clock,
    )
    await signIn()
    await clock.pass(901)
    endpoint.script(() => new Promise(() => {}))
    void token(1)
    await flushPromises()
    // The time limit of the request itself comes first.
    await clock.pass(2)
    const closing = bff.close()
    await clock.pass(4)
    await closing
    expect(log.join()).toContain('no response within 3 s')
  })
})

describe('a store that keeps failing when a refresh is saved', () => {
  function createFailingSetup() {
    const clock = createClock()
    const memory = memoryStore({ now: clock.now })
    const state = { isFailing: false }
    const replace: typeof memory.replace = async (...args) => {
      if (state.isFailing) throw new Error('disk full')
      return memory.replace(...args)
    }
    return { state, ...createTestBff(rotating(), { store: { ...memory, replace } }, clock) }
  }

  it('does not lose the new token: it is saved when the store recovers, and the callers get 503 until then', async () => {
    const { state, signIn, token, endpoint, clock } = createFailingSetup()
    await signIn()
    await clock.pass(901)
    state.isFailing = true
    const first = token(1)
    await flushPromises()
    await clock.pass(2)
    expect((await first).status).toBe(503)
    expect((await token(1)).status).toBe(503)
    await clock.pass(60)
    state.isFailing = false
    await clock.pass(1)
    expect((await token(1)).body.token).toMatchObject({ access_token: 'access-2', sequence: 2 })
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('makes close try four times in two seconds, and revoke the token when that fails', async () => {
    const { state, signIn, token, endpoint, clock, bff, log } = createFailingSetup()
    await signIn()
    await clock.pass(901)
    state.isFailing = true
    void token(1)
    await flushPromises()
    await clock.pass(2)
    endpoint.script(raw(''))
    const closing = bff.close()
    await flushPromises()
    await clock.pass(2)
    await closing
    expect(revokedAt(endpoint)).toEqual(['refresh-2'])
    expect(log.join()).toContain('Refreshed session not saved, its new tokens are revoked')
  })

  it('does not lose the new token when it fails once while close waits', async () => {
    const { state, signIn, token, endpoint, clock, bff } = createFailingSetup()
    await signIn()
    await clock.pass(901)
    const slow = hangUntilReleased(
      json({ access_token: 'b', refresh_token: 'new', token_type: 'Bearer', expires_in: 900 }),
    )
    endpoint.script(slow.reply)
    void token(1)
    await flushPromises()
    const closing = bff.close()
    state.isFailing = true
    slow.release()
    await flushPromises()
    state.isFailing = false
    await clock.pass(2)
    await closing
    expect(revokedAt(endpoint)).toEqual([])
    expect((await token(1)).body.token).toMatchObject({ sequence: 2 })
  })
})

describe('tokens that are issued and not kept', () => {
  const issue = json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 })

  it('are revoked when the session of a sign-in cannot be saved', async () => {
    const store = { ...memoryStore(), insert: () => Promise.reject(new Error('disk full')) }
    const { signIn, endpoint, bff } = createTestBff(issue, { store })
    expect((await signIn()).status).toBe(503)
    await bff.close()
    expect(revokedAt(endpoint)).toEqual(['r'])
  })

  it('are revoked, and the session is removed, when the client leaves while it is saved', async () => {
    const memory = memoryStore()
    const controller = new AbortController()
    const keys: string[] = []
    const insert: typeof memory.insert = async (key, record) => {
      controller.abort()
      keys.push(key)
      return memory.insert(key, record)
    }
    const { bff, endpoint } = createTestBff(issue, { store: { ...memory, insert } })
    const response = await bff.fetch(
      new Request('https://portal.example.com/auth/session', {
        method: 'POST',
        signal: controller.signal,
        headers: { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' },
        body: JSON.stringify({ credentials: { username: 'cathy', password: 'p' } }),
      }),
    )
    expect(response.headers.get('Set-Cookie')).toBeNull()
    await bff.close()
    expect(revokedAt(endpoint)).toEqual(['r'])
    expect(await memory.read(keys[0] ?? '')).toBeNull()
  })

  it('are revoked when another process has saved the tokens of another grant', async () => {
    const provider = oauth2({
      grant: 'client_credentials',
      tokenEndpoint: 'https://as.example.com/token',
      revocationEndpoint: 'https://as.example.com/revoke',
      clientId: 'portal',
      clientSecret: 's3cret',
    })
    const clock = createClock()
    // A store whose leases do not exclude each other.
    const store = { ...memoryStore({ now: clock.now }), lease: async () => 'granted' as const }
    const options = { provider, mode: 'proxy' as const, authorize: () => ({ subject: 'a' }), store }
    const late = hangUntilReleased(json({ access_token: 'late', token_type: 'Bearer', expires_in: 900 }))
    const first = createTestBff(late.reply, options, clock)
    const slow = first.restore()
    await flushPromises()
    first.endpoint.script(json({ access_token: 'early', token_type: 'Bearer', expires_in: 900 }))
    await createSecondBff(first, options).restore()
    late.release()
    await slow
    await first.bff.close()
    expect(revokedAt(first.endpoint)).toEqual(['late'])
  })
})
