import { describe, expect, it } from 'vitest'
import type { Store } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { createClock, createTestBff, flushPromises } from './support/browser.ts'
import { grantsOf, hangUntilReleased, rotating } from './support/token-endpoint.ts'

describe('the time limit of a token request', () => {
  it.each([
    ['for seconds', 10],
    ['for as long as the limit', 8.2],
  ])('does not discard a response that arrived while this process stood still %s', async (_, seconds) => {
    const clock = createClock()
    const server = rotating()
    const { signIn, token, endpoint } = createTestBff(
      server,
      { platform: { startTimer: clock.startTimer } },
      clock,
    )
    await signIn()
    await clock.pass(901)
    const slow = hangUntilReleased(server)
    endpoint.script(slow.reply)
    const response = token(1)
    await flushPromises()
    // The timers that are due fire before the socket is read.
    clock.stop(seconds)
    await clock.pass(0)
    slow.release()
    expect((await response).status).toBe(200)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  it('is extended by seconds only, so that a server that never responds is given up', async () => {
    const clock = createClock()
    const { signIn, token, endpoint, log } = createTestBff(
      rotating(),
      { platform: { startTimer: clock.startTimer } },
      clock,
    )
    await signIn()
    await clock.pass(901)
    endpoint.script(() => new Promise(() => {}))
    const response = token(1)
    await flushPromises()
    clock.stop(10)
    await clock.pass(1)
    expect((await response).status).toBe(503)
    expect(log.at(-1)).toContain('no response within 8 s')
  })
})

describe('a store that never responds', () => {
  const hang = (): Promise<never> => new Promise(() => {})

  it.each<keyof Store>([
    'read',
    'insert',
    'replace',
    'remove',
    'listByIndexName',
    'removeByIndexName',
    'lease',
  ])('to %s causes 503 after five seconds', async (method) => {
    const clock = createClock()
    const store = memoryStore({ now: clock.now })
    const setup = createTestBff(rotating(), { store, platform: { startTimer: clock.startTimer } }, clock)
    await setup.signIn()
    await clock.pass(901)
    Object.assign(store, { [method]: hang })
    const requests: Partial<Record<keyof Store, () => Promise<{ status: number }>>> = {
      insert: setup.openBrowser().signIn,
      listByIndexName: setup.openBrowser().signIn,
      replace: setup.restore,
      remove: setup.signOut,
      removeByIndexName: () => setup.signOut('?everywhere'),
    }
    const pending = (requests[method] ?? (() => setup.token(1)))()
    await flushPromises()
    // A refreshed token is saved again and again.
    await clock.pass(method === 'replace' ? 30 : 5)
    expect((await pending).status).toBe(503)
    expect(setup.log.join('\n')).toContain('Session store failed: no response within 5 s')
  })

  it('to the release of a lease does not delay the response', async () => {
    const clock = createClock()
    const store = { ...memoryStore({ now: clock.now }), release: hang }
    const setup = createTestBff(rotating(), { store, platform: { startTimer: clock.startTimer } }, clock)
    await setup.signIn()
    await clock.pass(901)
    const pending = setup.token(1)
    await flushPromises()
    expect((await pending).status).toBe(200)
  })
})
