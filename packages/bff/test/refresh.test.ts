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

const refused = json({ error: 'invalid_grant' }, 400)

describe('one refresh', () => {
  it('serves 50 callers whose token has run out, and the server is asked once', async () => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    await clock.pass(901)
    const answers = await Promise.all([...Array(25)].flatMap(() => [token(1), restore()]))
    expect(answers.map(({ status, body }) => [status, body.token?.sequence])).toEqual(
      Array.from({ length: 50 }, () => [200, 2]),
    )
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('serves all callers of four BFFs on one store, longer than a lease lasts, and the server is asked once', async () => {
    const clock = createClock()
    const store = memoryStore({ now: clock.now })
    const server = rotating()
    const first = createTestBff(server, { store }, clock)
    await first.signIn()
    const { endpoint } = first
    const platform = { fetch: endpoint.fetch }
    const others = [1, 2, 3].map(() => createTestBff(server, { store, platform }, clock))
    for (const other of others) for (const [name, value] of first.jar) other.jar.set(name, value)
    await clock.pass(901)
    const id = (await first.restore('?peek')).body.session?.session_id
    const before = grantsOf(endpoint, 'refresh_token').length
    await clock.pass(901)
    const slow = hangUntilReleased(server)
    endpoint.script(slow.reply)
    const asked = Promise.all([first, ...others].flatMap((one) => [...Array(20)].map(() => one.token(2, id))))
    await flushPromises()
    await clock.pass(7)
    slow.release()
    await flushPromises()
    await clock.pass(1)
    expect((await asked).map(({ body }) => body.token?.sequence)).toEqual(Array(80).fill(3))
    expect(grantsOf(endpoint, 'refresh_token').length - before).toBe(1)
  })

  it('is taken over when the process that began it has died', async () => {
    const store = memoryStore({ now: () => clock.now() })
    const keys: string[] = []
    const watched = {
      ...store,
      insert: (...all: Parameters<typeof store.insert>) => (keys.push(all[0]), store.insert(...all)),
    }
    const { signIn, token, clock } = createTestBff(rotating(), { store: watched })
    await signIn()
    await clock.pass(901)
    await store.lease(keys[0] ?? '', 'a process that died', 5000)
    const answer = token(1)
    await flushPromises()
    await clock.pass(6)
    expect((await answer).body.token?.sequence).toBe(2)
  })

  it('gives up with 503 when another process never comes to an end, and keeps the session', async () => {
    const store = memoryStore()
    const { signIn, token, restore, clock } = createTestBff(rotating(), {
      store: { ...store, lease: async () => false },
    })
    await signIn()
    await clock.pass(901)
    const answer = token(1)
    await flushPromises()
    await clock.pass(60)
    expect(await answer).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable', retry_after: 1 },
    })
    const restored = restore()
    await flushPromises()
    await clock.pass(60)
    expect((await restored).body).toMatchObject({ session: { user: { username: 'cathy' } } })
  })

  it('is not asked for when the caller holds an older token than the BFF', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    await clock.pass(500)
    expect((await token(1)).body.token?.sequence).toBe(2)
    expect((await token(1)).body.token?.sequence).toBe(2)
    expect((await token(0)).body.token?.sequence).toBe(2)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('is not run again for a token that was issued seconds ago, whatever the browser says of it', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    await clock.pass(9)
    expect((await token(1)).body.token?.sequence).toBe(1)
    expect((await token(99)).body.token?.sequence).toBe(1)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(0)
    await clock.pass(1)
    expect((await token(1)).body.token?.sequence).toBe(2)
    expect((await token(2)).body.token?.sequence).toBe(2)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it.each([
    [900, 839, 840],
    [90, 59, 60],
    [3, 1, 2],
  ])(
    'of a token that lives %i s is not run by a page load at %i s, but at %i s',
    async (life, before, due) => {
      const { signIn, restore, clock } = createTestBff(rotating(life))
      await signIn()
      await clock.pass(before)
      expect((await restore()).body.token?.sequence).toBe(1)
      await clock.pass(due - before)
      expect((await restore()).body.token?.sequence).toBe(2)
    },
  )

  it('is never run by the clock when nobody knows how long the token lives, only for a rejected one', async () => {
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
    endpoint.script(async (asked) => {
      await clock.pass(5)
      return server(asked)
    })
    expect((await signIn()).body.token?.expires_in).toBe(895)
  })

  it('does not loop on a token that is expired when it comes', async () => {
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

describe('what a refresh brings', () => {
  it('keeps the refresh token, the scope and the user when the answer says nothing of them', async () => {
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

  it('replaces the refresh token, and takes a scope that became smaller', async () => {
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

  it('survives a page load that writes at the same time', async () => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    await clock.pass(400)
    const slow = hangUntilReleased(
      json({ access_token: 'new', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }),
    )
    endpoint.script(slow.reply)
    const asked = token(1)
    await flushPromises()
    expect((await restore()).body).toMatchObject({ session: { expires_in: 43_200 }, token: { sequence: 1 } })
    slow.release()
    expect((await asked).body.token?.sequence).toBe(2)
    expect((await restore('?peek')).body).toMatchObject({
      session: { expires_in: 43_200 },
      token: { access_token: 'new', sequence: 2 },
    })
  })
})

describe('a session whose refresh fails for the moment', () => {
  it.each([
    ['answers 500', raw('oops', 500)],
    ['answers 503', raw('', 503)],
    ['answers 408', raw('', 408)],
    ['answers 429', raw('', 429)],
    ['answers with HTML', raw('<html>', 200, { 'Content-Type': 'text/html' })],
    ['answers with half of JSON', raw('{"access_token":"a', 200)],
    ['refuses the connection', failWithCode('ECONNREFUSED')],
    ['breaks the connection', failWithCode('ECONNRESET')],
    ['says 403 with nothing', raw('', 403)],
  ])('lives on when the server %s, with its token as long as that lives', async (_, reply) => {
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
    const late = await token(1)
    expect(late).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(late.headers.get('Retry-After')).toBe(String(late.body.retry_after))
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
    'lives on when the server says %s, which the operator has to mend, and keeps its refresh token',
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

  it('does not ask again before its back-off is over, which grows, and is shared by every BFF on the store', async () => {
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

describe('a store that fails while a refresh is written', () => {
  it('does not lose the new refresh token when it works again soon', async () => {
    const store = memoryStore()
    let failures = 2
    const replace: typeof store.replace = async (...all) => {
      if ((failures -= 1) >= 0) throw new Error('disk full')
      return store.replace(...all)
    }
    const { signIn, token, endpoint, clock, log } = createTestBff(rotating(), {
      store: { ...store, replace },
    })
    await signIn()
    await clock.pass(901)
    const answer = token(1)
    await flushPromises()
    await clock.pass(1)
    expect((await answer).body.token?.sequence).toBe(2)
    expect(log.join()).toContain('disk full')
    await clock.pass(901)
    expect((await token(2)).body.token?.sequence).toBe(3)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(2)
  })

  it('answers 503 when it does not work again, also when the lease cannot be given back', async () => {
    const store = memoryStore()
    const fail = (): Promise<never> => Promise.reject(new Error('disk full'))
    const { signIn, token, clock } = createTestBff(rotating(), {
      store: { ...store, replace: fail, release: fail },
    })
    await signIn()
    await clock.pass(901)
    const answer = token(1)
    await flushPromises()
    await clock.pass(5)
    expect(await answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
  })
})

describe('the end of a session', () => {
  it('comes when the server refuses the refresh token, once and with its reason', async () => {
    const { signIn, token, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(refused)
    await clock.pass(901)
    const answers = await Promise.all([token(1), token(1), token(1)])
    expect(answers.map(({ status, body }) => [status, body.error, body.reason])).toEqual(
      Array.from({ length: 3 }, () => [401, 'login_required', 'refresh_rejected']),
    )
    expect((await token(1)).body.reason).toBe('no_session')
    expect((await restore()).body).toMatchObject({ session: null })
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('comes at a page load as an answer without a session, and leaves the cookie of a newer sign-in alone', async () => {
    const { signIn, restore, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(refused)
    await clock.pass(901)
    const answer = await restore()
    expect(answer).toMatchObject({ status: 200, body: { session: null } })
    expect(answer.headers.get('Set-Cookie')).toBeNull()
  })

  it.each([
    ['was lost', failWithCode('ECONNRESET')],
    ['was cut', raw('{"access_token":"b', 200)],
    ['was a page of HTML', raw('<html>', 200)],
  ])('has the reason `lost` when an answer before %s', async (_, reply) => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(reply)
    await clock.pass(901)
    expect((await token(1)).status).toBe(503)
    endpoint.script(refused)
    await clock.pass(10)
    expect((await token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_lost' })
  })

  it('has the reason `refused` when the answer that was lost has been made up for', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(
      failWithCode('ECONNRESET'),
      json({ access_token: 'b', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }),
      refused,
    )
    await clock.pass(901)
    expect((await token(1)).status).toBe(503)
    await clock.pass(10)
    expect((await token(1)).body.token?.sequence).toBe(2)
    await clock.pass(901)
    expect((await token(2)).body.reason).toBe('refresh_rejected')
  })

  it('has the reason `refused` when the request before never left', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(rotating())
    await signIn()
    endpoint.script(failWithCode('ECONNREFUSED'))
    await clock.pass(901)
    await token(1)
    endpoint.script(refused)
    await clock.pass(10)
    expect((await token(1)).body.reason).toBe('refresh_rejected')
  })

  it('does not come when a sibling wrote a newer token meanwhile: that one is adopted', async () => {
    const store = memoryStore()
    // A store whose leases failed to keep two processes apart.
    const one = createTestBff(rotating(), { store: { ...store, lease: async () => true } })
    await one.signIn()
    const { endpoint, clock } = one
    const two = createTestBff(
      rotating(),
      { store: { ...store, lease: async () => true }, platform: { fetch: endpoint.fetch } },
      clock,
    )
    for (const [name, value] of one.jar) two.jar.set(name, value)
    const id = (await one.restore()).body.session?.session_id
    const late = hangUntilReleased(refused)
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

  it('is one token for all when two processes were both issued one', async () => {
    const store = memoryStore()
    const one = createTestBff(rotating(), { store: { ...store, lease: async () => true } })
    await one.signIn()
    const { endpoint, clock } = one
    const two = createTestBff(
      rotating(),
      { store: { ...store, lease: async () => true }, platform: { fetch: endpoint.fetch } },
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
  })

  it('comes without refresh when the token has run out, and not before', async () => {
    const { signIn, token, restore, clock, another } = createTestBff(
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
    const other = another()
    await other.signIn()
    await clock.pass(901)
    expect((await other.restore()).body).toMatchObject({ session: null })
  })

  it('comes when the resource server rejects a token that nothing can refresh, and not for one just issued', async () => {
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

  it('does not come for a browser that asks in time, a few seconds early, for what nothing can refresh', async () => {
    const { signIn, token, clock } = createTestBff(
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 }),
    )
    await signIn()
    await clock.pass(838)
    expect((await token(1)).body.token).toMatchObject({ access_token: 'a', sequence: 1 })
  })

  it('does not come for a rejected token where a 401 may mean that the scope is too small', async () => {
    const { signIn, token, clock } = createTestBff(
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 }),
      { provider: classSuper({ business: 'B', scope: ['fund.read'] }) },
    )
    await signIn()
    await clock.pass(300)
    expect((await token(1)).body.token).toMatchObject({ access_token: 'a', sequence: 1 })
  })

  it('follows the description where a server refuses in its own words', async () => {
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

describe('a refresh that is refused without a word of why', () => {
  /** A session whose token is dead, or lives for another 40 s, and what each of some tries is answered. */
  async function tries(replies: Reply[], alive = false): Promise<unknown[]> {
    const { signIn, token, clock, endpoint } = createTestBff(rotating())
    await signIn()
    await clock.pass(alive ? 860 : 901)
    const told: unknown[] = []
    for (const reply of replies) {
      endpoint.script(reply)
      const { status, body } = await token(1)
      told.push(body.reason ?? status)
      await clock.pass(8)
    }
    return told
  }

  const nothing = raw('', 400)
  const page = raw('<h1>Forbidden</h1>', 403, { 'Content-Type': 'text/html' })

  it.each([
    ['three times in a row', [nothing, nothing, nothing], [503, 503, 'refresh_rejected']],
    ['in words of its own', Array(3).fill(json({ error: 'nope' }, 401)), [503, 503, 'refresh_rejected']],
  ])('%s ends the session whose token is dead', async (_, replies, told) => {
    expect(await tries(replies)).toEqual(told)
  })

  it.each([
    ['by a page that somebody in between may have sent', [page, page, page, page], [503, 503, 503, 503]],
    ['with an outage in between', [nothing, nothing, raw('', 503), nothing], [503, 503, 503, 503]],
  ])('%s ends nothing', async (_, replies, told) => {
    expect(await tries(replies)).toEqual(told)
  })

  it('ends nothing while the token lives', async () => {
    expect(await tries([nothing, nothing, nothing, nothing], true)).toEqual([200, 200, 200, 200])
  })

  it('makes room for asking again, where an application signs itself in', async () => {
    const issued = json({ access_token: 'a', token_type: 'Bearer', expires_in: 900, refresh_token: 'r' })
    const scene = createTestBff(issued, {
      provider: classy({ clientId: 'c', clientSecret: 's' }),
      authorize: () => ({ subject: 'office' }),
      dangerouslyGiveMachineTokenToBrowser: true,
    })
    await scene.restore()
    await scene.clock.pass(901)
    scene.endpoint.script(nothing, json({ access_token: 'b', token_type: 'Bearer', expires_in: 900 }))
    expect((await scene.restore()).body.token?.access_token).toBe('b')
  })
})

describe('a sign-out during a refresh', () => {
  it('stays signed out, and what the refresh brought is given back', async () => {
    const { signIn, signOut, token, restore, endpoint, clock, bff } = createTestBff(rotating())
    await signIn()
    await clock.pass(901)
    const late = hangUntilReleased(
      json({ access_token: 'b', refresh_token: 'new', token_type: 'Bearer', expires_in: 900 }),
    )
    endpoint.script(late.reply, raw(''))
    const asked = token(1)
    await flushPromises()
    expect((await signOut()).status).toBe(204)
    late.release()
    expect((await asked).body).toMatchObject({ error: 'login_required', reason: 'no_session' })
    expect((await asked).headers.get('Set-Cookie')).toBeNull()
    expect((await restore()).body).toMatchObject({ session: null })
    await bff.close()
    expect(new Set(revokedAt(endpoint))).toEqual(new Set(['new', 'refresh-1']))
  })
})

describe('POST token', () => {
  it('is refused for another session than the one of the cookie', async () => {
    const { signIn, token, ask } = createTestBff(rotating())
    const first = await signIn()
    await signIn()
    expect(await token(1, first.body.session?.session_id)).toMatchObject({
      status: 401,
      body: { error: 'login_required', reason: 'session_changed' },
    })
    expect((await ask('POST', '/token', { session_id: '', after: 1 })).body.error).toBe('invalid_request')
    expect((await ask('POST', '/token', { session_id: 'x', after: -1 })).status).toBe(400)
  })

  it('is refused without a session, with a challenge that opens no dialog', async () => {
    const { token } = createTestBff(rotating())
    const answer = await token(0, 'x')
    expect(answer).toMatchObject({ status: 401, body: { error: 'login_required', reason: 'no_session' } })
    expect(answer.headers.get('WWW-Authenticate')).toBe('Latchkey')
  })

  it('is finished for the others when one caller goes away', async () => {
    const { signIn, token, bff, endpoint, clock, jar } = createTestBff(rotating())
    const { body } = await signIn()
    await clock.pass(901)
    const late = hangUntilReleased(json({ access_token: 'b', token_type: 'Bearer', expires_in: 900 }))
    endpoint.script(late.reply)
    const impatient = new AbortController()
    const cookie = [...jar].map((pair) => pair.join('=')).join('')
    const first = bff.fetch(
      new Request('https://portal.example.com/auth/token', {
        method: 'POST',
        signal: impatient.signal,
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
    impatient.abort()
    late.release()
    await first
    expect((await second).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('gives no token to a browser in proxy mode', async () => {
    const { signIn, restore, token } = createTestBff(rotating(), { mode: 'proxy' })
    for (const answer of [await signIn(), await restore(), await token(0)]) {
      expect(answer.body.session).toMatchObject({ user: { username: 'cathy' } })
      expect(answer.text).not.toContain('access-1')
    }
  })
})

it('keeps BFFs at different base paths apart', async () => {
  const store = memoryStore()
  const one = createTestBff(rotating(), { store, basePath: '/auth/one' })
  const two = createTestBff(rotating(), {
    store,
    basePath: '/auth/two',
    provider: oauth2({ tokenEndpoint: 'https://other.example.com/token' }),
  })
  await one.signIn()
  const [cookie = ''] = one.jar.values()
  const planted = createBrowser(two.bff)
  planted.jar.set('__Host-Http-latchkey-auth-two', cookie)
  expect((await planted.restore()).body).toMatchObject({ session: null })
  expect((await one.restore()).body.session).not.toBeNull()
})
