import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuthClient, AuthState } from '../src/index.ts'
import { AuthError, createAuthClient } from '../src/index.ts'
import { flushPromises } from '../src/testing/virtual-clock.ts'

const signedIn: AuthState = {
  status: 'signed-in',
  session: { id: 's1', subject: 'cathy', user: { username: 'cathy' }, scope: [] },
}
const credentials = { username: 'cathy', password: 'pw' }

/** Everything that a component or a loader can call; what each returns is compared in the test. */
const rejecting: Record<string, (client: AuthClient) => Promise<unknown>> = {
  getAccessToken: (client) => client.getAccessToken(),
  'getAccessToken with forceRefresh': (client) => client.getAccessToken({ forceRefresh: true }),
  fetch: (client) => client.fetch('/api/items'),
  'fetch of a URL': (client) => client.fetch(new URL('https://app.test/api/items'), { method: 'POST' }),
  signIn: (client) => client.signIn(credentials),
  extend: (client) => client.extend(),
  'sessionEnd.check': (client) => client.sessionEnd.check(),
}

// Node has no document, as every server that renders.
describe.each([
  ['without an initial state', undefined],
  ['with an initial state', signedIn],
])('during server rendering %s', (_, initialState) => {
  const unhandledRejections: unknown[] = []
  const record = (reason: unknown): void => void unhandledRejections.push(reason)
  beforeEach(() => void process.on('unhandledRejection', record))
  afterEach(() => void process.off('unhandledRejection', record))

  it.each(Object.keys(rejecting))('%s rejects with an AuthError that says what to do', async (name) => {
    const error: unknown = await rejecting[name]!(createAuthClient({ initialState })).catch((e: unknown) => e)
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'invalid_request',
      message: 'Call this in the browser',
    })
    await flushPromises()
    expect(unhandledRejections).toEqual([])
  })

  it('a call that nobody waits for ends no process, and nothing else throws', async () => {
    const client = createAuthClient({ initialState })
    const stops = [
      client.subscribe(() => {}),
      client.accessToken.subscribe(() => {}),
      client.sessionEnd.subscribe(() => {}),
    ]
    void client.ready()
    await client.signOut()
    expect(client.accessToken.get()).toBeNull()
    expect(client.accessToken.secondsLeft()).toBeLessThanOrEqual(0)
    expect(client.sessionEnd.get()).toBeNull()
    expect(client.sessionEnd.secondsLeft()).toBe(Infinity)
    expect(client.signInMethods.get()).toBeNull()
    expect(client.getState()).toBe(client.getInitialState())
    for (const stop of stops) stop()
    client.dispose()
    await flushPromises()
    expect(unhandledRejections).toEqual([])
  })

  it('ready() resolves with the initial state, and rejects without one', async () => {
    const ready = createAuthClient({ initialState }).ready()
    if (initialState) expect(await ready).toBe(initialState)
    else await expect(ready).rejects.toMatchObject({ name: 'AuthError', code: 'invalid_request' })
  })
})
