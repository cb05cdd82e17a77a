import { describe, expect, it } from 'vitest'
import { memoryStore } from '../src/index.ts'
import { classSuper, classy, oauth2 } from '../src/providers/index.ts'
import { createBrowser, createClock, createTestBff, flushPromises } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import {
  failWithCode,
  grantsOf,
  hangUntilReleased,
  json,
  raw,
  revokedAt,
  rotating,
} from './support/token-endpoint.ts'

const rejectRefresh = json({ error: 'invalid_grant' }, 400)

describe('a refresh', () => {
  it('serves 50 requests for an expired token with one grant', async () => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    await clock.pass(901)
    const responses = await Promise.all([...Array(25)].flatMap(() => [token(1), restore()]))
    expect(responses.map(({ status, body }) => [status, body.token?.sequence])).toEqual(
      Array.from({ length: 50 }, () => [200, 2]),
    )
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('serves the requests of four BFFs on one store with one grant, even if it takes longer than a lease', async () => {
    const clock = createClock()
    const store = memoryStore({ now: clock.now })
    const server = rotating()
    const first = createTestBff(server, { store }, clock)
    await first.signIn()
    const { endpoint } = first
    const platform = { fetch: endpoint.fetch }
    const others = [1, 2, 3].map(() => createTestBff(server, { store, platform }, clock))
    for (const { jar } of others) for (const [name, value] of first.jar) jar.set(name, value)
    await clock.pass(901)
    const id = (await first.restore('?peek')).body.session?.session_id
    const grantCount = grantsOf(endpoint, 'refresh_token').length
    await clock.pass(901)
    const slow = hangUntilReleased(server)
    endpoint.script(slow.reply)
    const pending = Promise.all(
      [first, ...others].flatMap(({ token }) => [...Array(20)].map(() => token(2, id))),
    )
    await flushPromises()
    await clock.pass(7)
    slow.release()
    await flushPromises()
    await clock.pass(1)
    expect((await pending).map(({ body }) => body.token?.sequence)).toEqual(Array(80).fill(3))
    expect(grantsOf(endpoint, 'refresh_token').length - grantCount).toBe(1)
  })

  it('is taken over when the process that started it has died', async () => {
    const store = memoryStore({ now: () => clock.now() })
    const keys: string[] = []
    const recordingStore = {
      ...store,
      insert: (...args: Parameters<typeof store.insert>) => (keys.push(args[0]), store.insert(...args)),
    }
    const { signIn, token, clock } = createTestBff(rotating(), { store: recordingStore })
    await signIn()
    await clock.pass(901)
    await store.lease(keys[0] ?? '', 'a process that died', 5000)
    const response = token(1)
    await flushPromises()
    await clock.pass(7)
    expect((await response).body.token?.sequence).toBe(2)
  })

  it('times out with 503 when another process does not finish, and keeps the session', async () => {
    const store = memoryStore()
    const { signIn, token, restore, clock } = createTestBff(rotating(), {
      store: { ...store, lease: async () => false },
    })
    await signIn()
    await clock.pass(901)
    const response = token(1)
    await flushPromises()
    await clock.pass(60)
    expect(await response).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable', retry_after: 1 },
    })
    const restored = restore()
    await flushPromises()
    await clock.pass(60)
    expect((await restored).body).toMatchObject({ session: { user: { username: 'cathy' } } })
  })

  it('is not run when the BFF has a newer token than the page', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    await clock.pass(500)
    expect((await token(1)).body.token?.sequence).toBe(2)
    expect((await token(1)).body.token?.sequence).toBe(2)
    expect((await token(0)).body.token?.sequence).toBe(2)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('is run once for a rejected token that was issued seconds ago, as the resource server may have new keys', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    await clock.pass(1)
    expect((await token(1)).body.token?.sequence).toBe(2)
    for (let second = 0; second < 10; second += 1) {
      expect((await token(2)).body.token?.sequence).toBe(2)
      await clock.pass(1)
    }
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
    expect((await token(2)).body.token?.sequence).toBe(3)
  })

  it('is run at a bounded rate for a resource server that rejects every token', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    for (let second = 0, held = 1; second < 600; second += 1) {
      held = (await token(held)).body.token?.sequence ?? held
      await clock.pass(1)
    }
    expect(grantsOf(endpoint, 'refresh_token').length).toBeLessThanOrEqual(60)
  })

  it('is run once more for a rejected token when minutes have passed since the last rejection', async () => {
    const { signIn, token, restore, clock } = createTestBff(rotating(120))
    await signIn()
    expect((await token(1)).body.token?.sequence).toBe(2)
    await clock.pass(100)
    expect((await restore()).body.token?.sequence).toBe(3)
    await clock.pass(1)
    expect((await token(3)).body.token?.sequence).toBe(4)
  })

  it.each([
    [900, 839, 840],
    [90, 59, 60],
    [3, 1, 2],
  ])(
    'of a token with a lifetime of %i s is not run by a page load after %i s, but after %i s',
    async (lifetime, early, due) => {
      const { signIn, restore, clock } = createTestBff(rotating(lifetime))
      await signIn()
      await clock.pass(early)
      expect((await restore()).body.token?.sequence).toBe(1)
      await clock.pass(due - early)
      expect((await restore()).body.token?.sequence).toBe(2)
    },
  )

  it('is run only for a rejected token when the lifetime is unknown', async () => {
    const issue = json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer' })
    const { signIn, restore, token, clock } = createTestBff(issue)
    expect((await signIn()).body.token?.expires_in).toBeNull()
    await clock.pass(40_000)
    expect((await restore()).body.token?.sequence).toBe(1)
    expect((await token(0)).body.token?.sequence).toBe(1)
    expect((await token(1)).body.token?.sequence).toBe(2)
  })

  it('counts the age of a token from the moment its request was sent', async () => {
    const { signIn, endpoint, clock } = createTestBff(rotating())
    const server = rotating()
    endpoint.script(async (request) => {
      await clock.pass(5)
      return server(request)
    })
    expect((await signIn()).body.token?.expires_in).toBe(895)
  })

  it('does not loop on tokens that are expired when they are issued', async () => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating(0))
    expect((await signIn()).body).toMatchObject({ session: {} })
    for (let index = 0; index < 10; index += 1) {
      await restore()
      expect((await token(1)).status).toBe(503)
    }
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(0)
    await clock.pass(1)
    await Promise.all([restore(), token(1), restore()])
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })
})

describe('the result of a refresh', () => {
  it('keeps the refresh token, the scope and the user when the response does not contain them', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(json({ access_token: 'second', token_type: 'Bearer', expires_in: '3599' }))
    await clock.pass(850)
    const { body } = await token(1)
    expect(body).toMatchObject({
      session: { scope: ['read'], user: { username: 'cathy' } },
      token: { expires_in: 3599 },
    })
    await clock.pass(3550)
    await token(2)
    expect(
      grantsOf(endpoint, 'refresh_token').map(({ parameters }) => parameters.get('refresh_token')),
    ).toEqual(['refresh-1', 'refresh-1'])
  })

  it('replaces the refresh token, and the scope by a smaller one', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(
      json({ access_token: 'a', refresh_token: 'one', token_type: 'Bearer', expires_in: 60 }),
    )
    await signIn({ scope: ['read', 'write'] })
    endpoint.script(
      json({ access_token: 'b', refresh_token: 'two', token_type: 'bearer', expires_in: 60, scope: 'read' }),
    )
    await clock.pass(60)
    expect((await token(1)).body.session?.scope).toEqual(['read'])
    await clock.pass(60)
    await token(2)
    expect(endpoint.requests.at(-1)?.parameters.get('refresh_token')).toBe('two')
  })

  it('survives a concurrent write by a page load', async () => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    await clock.pass(400)
    const slow = hangUntilReleased(
      json({ access_token: 'new', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }),
    )
    endpoint.script(slow.reply)
    const pending = token(1)
    await flushPromises()
    expect((await restore()).body).toMatchObject({ session: { expires_in: 43_200 }, token: { sequence: 1 } })
    slow.release()
    expect((await pending).body.token?.sequence).toBe(2)
    expect((await restore('?peek')).body).toMatchObject({
      session: { expires_in: 43_200 },
      token: { access_token: 'new', sequence: 2 },
    })
  })
})

describe('a session whose refresh fails temporarily', () => {
  it.each([
    ['responds with 500', raw('oops', 500)],
    ['responds with 503', raw('', 503)],
    ['responds with 408', raw('', 408)],
    ['responds with 429', raw('', 429)],
    ['responds with HTML', raw('<html>', 200, { 'Content-Type': 'text/html' })],
    ['responds with truncated JSON', raw('{"access_token":"a', 200)],
    ['refuses the connection', failWithCode('ECONNREFUSED')],
    ['breaks the connection', failWithCode('ECONNRESET')],
    ['responds with an empty 403', raw('', 403)],
  ])('continues when the server %s, and uses its token until that expires', async (_, reply) => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(reply)
    await clock.pass(850)
    expect((await token(1)).body.token).toMatchObject({
      access_token: 'access-1',
      expires_in: 50,
      sequence: 1,
    })
    await clock.pass(100)
    const expired = await token(1)
    expect(expired).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(expired.headers.get('Retry-After')).toBe(String(expired.body.retry_after))
    const restored = await restore()
    expect(restored).toMatchObject({ status: 200, body: { session: { user: { username: 'cathy' } } } })
    expect(restored.body.token).toBeUndefined()
    endpoint.script(json({ access_token: 'b', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }))
    await clock.pass(120)
    expect((await token(1)).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
  })

  it.each([
    'invalid_client',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
    'invalid_request',
  ])(
    'continues with its refresh token when the server responds with %s, which the operator must fix',
    async (error) => {
      const { signIn, token, restore, endpoint, clock, log } = createTestBff(rotating())
      await signIn()
      endpoint.script(json({ error }, 401))
      await clock.pass(901)
      expect(await token(1)).toMatchObject({ status: 502, body: { error: 'server_error' } })
      expect((await restore()).body.session).toMatchObject({ user: { username: 'cathy' } })
      expect(log.join('\n')).toContain(error)
      endpoint.script(json({ access_token: 'b', token_type: 'Bearer' }))
      await clock.pass(60)
      expect((await token(1)).status).toBe(200)
      expect(endpoint.requests.at(-1)?.parameters.get('refresh_token')).toBe('refresh-1')
    },
  )

  it('is not refreshed during its growing backoff, which all BFFs on the store share', async () => {
    const store = memoryStore()
    const one = createTestBff(rotating(), { store })
    await one.signIn()
    const { endpoint, clock } = one
    const two = createTestBff(rotating(), { store, platform: { fetch: endpoint.fetch } }, clock)
    for (const [name, value] of one.jar) two.jar.set(name, value)
    const id = (await one.restore()).body.session?.session_id
    endpoint.script(raw('', 503))
    await clock.pass(901)
    const counts: number[] = []
    for (let index = 0; index < 240; index += 1) {
      await Promise.all([one.token(1), one.restore()])
      await two.token(1, id)
      await clock.pass(1)
      if (index % 60 === 59) counts.push(grantsOf(endpoint, 'refresh_token').length)
    }
    const [first = 0, ...later] = counts
    expect(first).toBeLessThanOrEqual(8)
    expect(first).toBeGreaterThanOrEqual(5)
    expect((later.at(-1) ?? 0) - first).toBeLessThanOrEqual(7)
  })

  it.each([
    ['seconds', '120'],
    ['a date', 'Thu, 01 Jan 2026 00:17:01 GMT'],
  ])('obeys a Retry-After in %s', async (_, value) => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(raw('', 429, { 'Retry-After': value }))
    await clock.pass(901)
    expect((await token(1)).body.retry_after).toBe(120)
    await clock.pass(119)
    expect((await token(1)).body.retry_after).toBe(1)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
    await clock.pass(1)
    await token(1)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(2)
  })
})

describe('a store that fails when a refresh is saved', () => {
  it('does not lose the new refresh token when it recovers soon', async () => {
    const store = memoryStore()
    let failures = 2
    const replace: typeof store.replace = async (...args) => {
      if ((failures -= 1) >= 0) throw new Error('disk full')
      return store.replace(...args)
    }
    const { signIn, token, endpoint, clock, log } = createTestBff(rotating(), {
      store: { ...store, replace },
    })
    await signIn()
    await clock.pass(901)
    const response = token(1)
    await flushPromises()
    await clock.pass(1)
    expect((await response).body.token?.sequence).toBe(2)
    expect(log.join()).toContain('disk full')
    await clock.pass(901)
    expect((await token(2)).body.token?.sequence).toBe(3)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(2)
  })

  it('causes 503 when it does not recover, also when the lease cannot be released', async () => {
    const store = memoryStore()
    const fail = (): Promise<never> => Promise.reject(new Error('disk full'))
    const { signIn, token, clock } = createTestBff(rotating(), {
      store: { ...store, replace: fail, release: fail },
    })
    await signIn()
    await clock.pass(901)
    const response = token(1)
    await flushPromises()
    await clock.pass(5)
    expect(await response).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
  })
})

describe('the end of a session', () => {
  it('comes when the server rejects the refresh token, with its reason, after one grant', async () => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(rejectRefresh)
    await clock.pass(901)
    const responses = await Promise.all([token(1), token(1), token(1)])
    expect(responses.map(({ status, body }) => [status, body.error, body.reason])).toEqual(
      Array.from({ length: 3 }, () => [401, 'login_required', 'refresh_rejected']),
    )
    expect((await token(1)).body.reason).toBe('refresh_rejected')
    expect((await restore()).body).toMatchObject({ session: null })
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('is a response without a session for a page load, and does not delete the cookie', async () => {
    const { signIn, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(rejectRefresh)
    await clock.pass(901)
    const response = await restore()
    expect(response).toMatchObject({ status: 200, body: { session: null, reason: 'refresh_rejected' } })
    expect((await restore()).body.reason).toBe('refresh_rejected')
    expect(response.headers.get('Set-Cookie')).toBeNull()
  })

  it.each([
    ['was lost', failWithCode('ECONNRESET')],
    ['was cut', raw('{"access_token":"b', 200)],
    ['was a page of HTML', raw('<html>', 200)],
  ])('has the reason refresh_lost when an earlier response %s', async (_, reply) => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(reply)
    await clock.pass(901)
    expect((await token(1)).status).toBe(503)
    endpoint.script(rejectRefresh)
    await clock.pass(10)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_lost' })
  })

  it('has the reason refresh_rejected when a refresh succeeded after the lost response', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(
      failWithCode('ECONNRESET'),
      json({ access_token: 'b', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }),
      rejectRefresh,
    )
    await clock.pass(901)
    expect((await token(1)).status).toBe(503)
    await clock.pass(10)
    expect((await token(1)).body.token?.sequence).toBe(2)
    await clock.pass(901)
    expect((await token(2)).body.reason).toBe('refresh_rejected')
  })

  it('has the reason refresh_rejected when the earlier request was never sent', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(failWithCode('ECONNREFUSED'))
    await clock.pass(901)
    await token(1)
    endpoint.script(rejectRefresh)
    await clock.pass(10)
    expect((await token(1)).body.reason).toBe('refresh_rejected')
  })

  it('does not come when another process has saved a newer token, which is used', async () => {
    const store = memoryStore()
    // A store whose leases do not exclude each other.
    const one = createTestBff(rotating(), { store: { ...store, lease: async () => 'granted' } })
    await one.signIn()
    const { endpoint, clock } = one
    const two = createTestBff(
      rotating(),
      { store: { ...store, lease: async () => 'granted' }, platform: { fetch: endpoint.fetch } },
      clock,
    )
    for (const [name, value] of one.jar) two.jar.set(name, value)
    const id = (await one.restore()).body.session?.session_id
    const late = hangUntilReleased(rejectRefresh)
    endpoint.script(
      late.reply,
      json({ access_token: 'b', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }),
    )
    await clock.pass(901)
    const slow = one.token(1)
    await flushPromises()
    expect((await two.token(1, id)).body.token?.sequence).toBe(2)
    late.release()
    expect((await slow).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
  })

  it('does not come when two processes both got a token: all use the first saved', async () => {
    const store = memoryStore()
    const one = createTestBff(rotating(), { store: { ...store, lease: async () => 'granted' } })
    await one.signIn()
    const { endpoint, clock } = one
    const two = createTestBff(
      rotating(),
      { store: { ...store, lease: async () => 'granted' }, platform: { fetch: endpoint.fetch } },
      clock,
    )
    for (const [name, value] of one.jar) two.jar.set(name, value)
    const id = (await one.restore()).body.session?.session_id
    const late = hangUntilReleased(json({ access_token: 'late', token_type: 'Bearer', expires_in: 900 }))
    endpoint.script(late.reply, json({ access_token: 'early', token_type: 'Bearer', expires_in: 900 }))
    await clock.pass(901)
    const slow = one.token(1)
    await flushPromises()
    await two.token(1, id)
    late.release()
    expect((await slow).body.token).toMatchObject({ access_token: 'early', sequence: 2 })
    // The revocation of one token of a grant may revoke the others.
    await one.bff.close()
    expect(revokedAt(endpoint)).toEqual([])
  })

  it('comes when the token expires and cannot be refreshed, and not before', async () => {
    const { signIn, token, restore, clock, openBrowser } = createTestBff(
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 }),
    )
    await signIn()
    await clock.pass(899)
    expect((await token(1)).body.token).toMatchObject({ expires_in: 1, sequence: 1 })
    await clock.pass(1)
    expect(await token(1)).toMatchObject({
      status: 401,
      body: { error: 'login_required', reason: 'no_refresh' },
    })
    expect((await restore()).body).toMatchObject({ session: null })
    const other = openBrowser()
    await other.signIn()
    await clock.pass(901)
    expect((await other.restore()).body).toMatchObject({ session: null })
  })

  it('comes when a token that cannot be refreshed is rejected, unless it was just issued', async () => {
    const { signIn, token, clock } = createTestBff(
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 2_592_000 }),
    )
    await signIn()
    await clock.pass(5)
    expect((await token(1)).body.token).toMatchObject({ access_token: 'a', sequence: 1 })
    await clock.pass(3600)
    expect(await token(1)).toMatchObject({
      status: 401,
      body: { error: 'login_required', reason: 'no_refresh' },
    })
  })

  it('does not come when a page requests a token that cannot be refreshed a few seconds before that is due', async () => {
    const { signIn, token, clock } = createTestBff(
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 }),
    )
    await signIn()
    await clock.pass(838)
    expect((await token(1)).body.token).toMatchObject({ access_token: 'a', sequence: 1 })
  })

  it('does not come for a rejected token when a 401 may mean an insufficient scope', async () => {
    const { signIn, token, clock } = createTestBff(
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 }),
      { provider: classSuper({ business: 'B', scope: ['fund.read'] }) },
    )
    await signIn()
    await clock.pass(300)
    expect((await token(1)).body.token).toMatchObject({ access_token: 'a', sequence: 1 })
  })

  it('follows the error map of the description', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating(), {
      provider: oauth2({
        tokenEndpoint: 'https://as.example.com/token',
        clientId: 'portal',
        errors: [
          { status: 401, code: 'invalid_request', contains: 'refresh token', outcome: 'session_ended' },
        ],
      }),
    })
    await signIn()
    endpoint.script(
      json({ error: 'invalid_request', error_description: 'The refresh token is invalid.' }, 401),
    )
    await clock.pass(901)
    expect((await token(1)).body.reason).toBe('refresh_rejected')
  })
})

describe('a refresh that is rejected without a reason', () => {
  /** Refreshes a session with an expired token, or one valid for 40 s; returns the reason or status of each response. */
  async function refreshRepeatedly(replies: Reply[], isTokenValid = false): Promise<unknown[]> {
    const { signIn, token, clock, endpoint } = createTestBff(rotating())
    await signIn()
    await clock.pass(isTokenValid ? 860 : 901)
    const results: unknown[] = []
    for (const reply of replies) {
      endpoint.script(reply)
      const { status, body } = await token(1)
      results.push(body.reason ?? status)
      await clock.pass(8)
    }
    return results
  }

  const empty = raw('', 400)
  const page = raw('<h1>Forbidden</h1>', 403, { 'Content-Type': 'text/html' })

  it.each([
    ['three times in a row', [empty, empty, empty], [503, 503, 'refresh_rejected']],
    [
      'three times with an unknown error code',
      Array(3).fill(json({ error: 'nope' }, 401)),
      [503, 503, 'refresh_rejected'],
    ],
  ])('%s ends a session whose token has expired', async (_, replies, results) => {
    expect(await refreshRepeatedly(replies)).toEqual(results)
  })

  it.each([
    ['by an HTML page, which a proxy may have sent', [page, page, page, page], [503, 503, 503, 503]],
    ['with an outage in between', [empty, empty, raw('', 503), empty], [503, 503, 503, 503]],
  ])('%s does not end the session', async (_, replies, results) => {
    expect(await refreshRepeatedly(replies)).toEqual(results)
  })

  it('does not end the session while the token is valid', async () => {
    expect(await refreshRepeatedly([empty, empty, empty, empty], true)).toEqual([200, 200, 200, 200])
  })

  it('makes a machine session run its first grant again', async () => {
    const issued = json({ access_token: 'a', token_type: 'Bearer', expires_in: 900, refresh_token: 'r' })
    const setup = createTestBff(issued, {
      provider: classy({ clientId: 'c', clientSecret: 's' }),
      authorize: () => ({ subject: 'office' }),
      dangerouslyGiveMachineTokenToBrowser: true,
    })
    await setup.restore()
    await setup.clock.pass(901)
    setup.endpoint.script(empty, json({ access_token: 'b', token_type: 'Bearer', expires_in: 900 }))
    expect((await setup.restore()).body.token?.access_token).toBe('b')
  })
})

describe('a sign-out during a refresh', () => {
  it('keeps the user signed out, and revokes the new tokens', async () => {
    const { signIn, signOut, token, restore, endpoint, clock, bff } = createTestBff(rotating())
    await signIn()
    await clock.pass(901)
    const late = hangUntilReleased(
      json({ access_token: 'b', refresh_token: 'new', token_type: 'Bearer', expires_in: 900 }),
    )
    endpoint.script(late.reply, raw(''))
    const pending = token(1)
    await flushPromises()
    expect((await signOut()).status).toBe(204)
    late.release()
    expect((await pending).body).toMatchObject({ error: 'login_required', reason: 'no_session' })
    expect((await pending).headers.get('Set-Cookie')).toBeNull()
    expect((await restore()).body).toMatchObject({ session: null })
    await bff.close()
    expect(new Set(revokedAt(endpoint))).toEqual(new Set(['new', 'refresh-1']))
  })
})

describe('POST token', () => {
  it('is rejected with session_changed for another session than the cookie’s', async () => {
    const { signIn, token, sendRequest } = createTestBff(rotating())
    const first = await signIn()
    await signIn()
    expect(await token(1, first.body.session?.session_id)).toMatchObject({
      status: 401,
      body: { error: 'login_required', reason: 'session_changed' },
    })
    expect((await sendRequest('POST', '/token', { session_id: '', after: 1 })).body.error).toBe(
      'invalid_request',
    )
    expect((await sendRequest('POST', '/token', { session_id: 'x', after: -1 })).status).toBe(400)
  })

  it('is rejected with no_session without a session, and opens no sign-in dialog of the browser', async () => {
    const { token } = createTestBff(rotating())
    const response = await token(0, 'x')
    expect(response).toMatchObject({ status: 401, body: { error: 'login_required', reason: 'no_session' } })
    expect(response.headers.get('WWW-Authenticate')).toBe('Latchkey')
  })

  it('completes for the other requests when one is aborted', async () => {
    const { signIn, token, bff, endpoint, clock, jar } = createTestBff(rotating())
    const { body } = await signIn()
    await clock.pass(901)
    const late = hangUntilReleased(json({ access_token: 'b', token_type: 'Bearer', expires_in: 900 }))
    endpoint.script(late.reply)
    const controller = new AbortController()
    const cookie = [...jar].map((pair) => pair.join('=')).join('')
    const first = bff.fetch(
      new Request('https://portal.example.com/auth/token', {
        method: 'POST',
        signal: controller.signal,
        headers: {
          'X-Latchkey': '1',
          'Sec-Fetch-Site': 'same-origin',
          'Content-Type': 'application/json',
          Cookie: cookie,
        },
        body: JSON.stringify({ session_id: body.session?.session_id, after: 1 }),
      }),
    )
    await flushPromises()
    const second = token(1)
    controller.abort()
    late.release()
    await first
    expect((await second).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('sends no token to the browser in proxy mode', async () => {
    const { signIn, restore, token } = createTestBff(rotating(), { mode: 'proxy' })
    for (const response of [await signIn(), await restore(), await token(0)]) {
      expect(response.body.session).toMatchObject({ user: { username: 'cathy' } })
      expect(response.text).not.toContain('access-1')
    }
  })
})

it('does not accept the cookie of a BFF at another base path', async () => {
  const store = memoryStore()
  const one = createTestBff(rotating(), { store, basePath: '/auth/one' })
  const two = createTestBff(rotating(), {
    store,
    basePath: '/auth/two',
    provider: oauth2({ tokenEndpoint: 'https://other.example.com/token' }),
  })
  await one.signIn()
  const [cookie = ''] = one.jar.values()
  const browser = createBrowser(two.bff)
  browser.jar.set('__Host-Http-latchkey-auth-two', cookie)
  expect((await browser.restore()).body).toMatchObject({ session: null })
  expect((await one.restore()).body.session).not.toBeNull()
})
