import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { createClock, createSecondBff, createTestBff, flushPromises } from './support/browser.ts'
import { grantsOf, json, raw, revokedAt, rotating } from './support/token-endpoint.ts'

const issueLongLived = json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 1e6 })
const limits = { idle: 600, absolute: 3600 }

describe('a clock that is set back', () => {
  it('does not make a token younger: a rejected token is refreshed', async () => {
    const { signIn, token, clock } = createTestBff(rotating(300))
    await signIn()
    await clock.pass(20)
    clock.set(-3600)
    const { body } = await token(1)
    expect(body.token).toMatchObject({ sequence: 2, expires_in: 300 })
  })

  it('does not make a token live longer than its lifetime', async () => {
    const { signIn, restore, clock } = createTestBff(rotating(300))
    await signIn()
    await clock.pass(100)
    clock.set(-3600)
    expect((await restore()).body.token).toMatchObject({ sequence: 1, expires_in: 200 })
    await clock.pass(61)
    // The new time is confirmed, and says nothing about the age of the token.
    expect((await restore()).body.token).toMatchObject({ sequence: 2, expires_in: 300 })
  })

  it('makes a process that starts afterwards refresh a token whose age it cannot know', async () => {
    const store = memoryStore()
    const first = createTestBff(rotating(300), { store })
    const id = (await first.signIn()).body.session?.session_id
    const second = createSecondBff(first, { store }, createClock(first.clock.now() - 3_600_000))
    expect((await second.restore()).body.token).toMatchObject({ sequence: 2, expires_in: 300 })
    expect((await second.token(1, id)).body.token?.sequence).toBe(2)
    expect(grantsOf(first.endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('does not end a session whose token cannot be refreshed, and does not promise more than its lifetime', async () => {
    const store = memoryStore()
    const issue = json({ access_token: 'a', token_type: 'Bearer', expires_in: 300 })
    const first = createTestBff(issue, { store })
    await first.signIn()
    const second = createSecondBff(first, { store }, createClock(first.clock.now() - 3_600_000))
    expect((await second.restore()).body.token).toMatchObject({ access_token: 'a', expires_in: 300 })
  })

  it('does not extend the wait after a failed refresh', async () => {
    const store = memoryStore()
    const first = createTestBff(rotating(300), { store })
    const id = (await first.signIn()).body.session?.session_id
    first.endpoint.script(raw('', 503))
    await first.clock.pass(301)
    expect((await first.token(1)).status).toBe(503)
    first.endpoint.script(json({ access_token: 'b', token_type: 'Bearer', expires_in: 300 }))
    const second = createSecondBff(first, { store }, createClock(first.clock.now() - 3_600_000))
    expect((await second.token(1, id)).body.token?.access_token).toBe('b')
  })
})

describe('a clock that is set forward', () => {
  const options: Partial<BffOptions> = { session: limits }

  it('for one request ends and revokes no session', async () => {
    const { signIn, restore, token, clock, endpoint, bff, log } = createTestBff(issueLongLived, options)
    await signIn()
    clock.set(46_800)
    expect(await restore()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect((await token(1)).headers.get('Retry-After')).toBe('60')
    clock.set(-46_800)
    expect((await restore()).body.session).toMatchObject({ expires_in: 600 })
    await bff.close()
    expect(revokedAt(endpoint)).toEqual([])
    expect(log.filter((line) => line.startsWith('Clock of this machine'))).toHaveLength(1)
  })

  it('ends a session when a second look a minute later confirms it', async () => {
    const { signIn, token, clock, endpoint, bff } = createTestBff(issueLongLived, options)
    await signIn()
    clock.set(46_800)
    expect((await token(1)).status).toBe(503)
    await clock.pass(60)
    expect((await token(1)).body.reason).toBe('idle')
    await bff.close()
    expect(revokedAt(endpoint)).toEqual(['r'])
  })

  it('in a process that starts makes it refuse a session, and not end it', async () => {
    const store = memoryStore()
    const first = createTestBff(issueLongLived, { ...options, store })
    const id = (await first.signIn()).body.session?.session_id
    const second = createSecondBff(first, { ...options, store }, createClock(first.clock.now() + 46_800_000))
    expect((await second.token(1, id)).body.reason).toBe('idle')
    await second.bff.close()
    expect(revokedAt(first.endpoint)).toEqual([])
    expect((await first.restore()).body.session).not.toBeNull()
  })

  it('for one sign-in lets the store remove no record of another session', async () => {
    const { signIn, restore, openBrowser, clock } = createTestBff(issueLongLived, options)
    await signIn()
    clock.set(46_800)
    for (let count = 0; count < 5; count += 1) await openBrowser().signIn()
    clock.set(-46_800)
    expect((await restore()).body.session).not.toBeNull()
  })

  it('makes no token valid longer: one that may have expired is refreshed', async () => {
    const { signIn, restore, clock } = createTestBff(rotating(300))
    await signIn()
    clock.set(3600)
    expect((await restore()).body.token?.sequence).toBe(2)
  })

  it('ends no session whose token cannot be refreshed', async () => {
    const { signIn, restore, clock } = createTestBff(
      json({ access_token: 'a', token_type: 'Bearer', expires_in: 300 }),
    )
    await signIn()
    clock.set(3600)
    expect((await restore()).body).toMatchObject({ session: { user: { username: 'cathy' } } })
    expect((await restore()).body.token).toBeUndefined()
    clock.set(-3600)
    expect((await restore()).body.token?.access_token).toBe('a')
  })

  it('while a refresh runs does not send the refresh token twice', async () => {
    const clock = createClock()
    const store = memoryStore({ now: clock.now })
    let release = (): void => {}
    const server = rotating()
    const first = createTestBff(server, { store }, clock)
    const id = (await first.signIn()).body.session?.session_id
    const second = createSecondBff(first, { store })
    await clock.pass(901)
    first.endpoint.script(async (request) => {
      await new Promise<void>((resolve) => (release = resolve))
      return server(request)
    })
    const slow = first.token(1)
    await flushPromises()
    clock.set(600)
    const other = second.token(1, id)
    await flushPromises()
    await clock.pass(6)
    release()
    await flushPromises()
    await clock.pass(2)
    expect([(await slow).body.token?.sequence, (await other).body.token?.sequence]).toEqual([2, 2])
    expect(grantsOf(first.endpoint, 'refresh_token')).toHaveLength(1)
  })
})

it('a Retry-After of a day delays the refresh of a session by five minutes', async () => {
  const { signIn, token, endpoint, clock } = createTestBff(rotating())
  await signIn()
  endpoint.script(raw('', 503, { 'Retry-After': '86400' }))
  await clock.pass(901)
  expect((await token(1)).body.retry_after).toBe(300)
  endpoint.script(json({ access_token: 'b', token_type: 'Bearer', expires_in: 900 }))
  await clock.pass(300)
  expect((await token(1)).body.token?.access_token).toBe('b')
})
