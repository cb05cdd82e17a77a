import { describe, expect, it } from 'vitest'
import type { Store } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { createClock, createSecondBff, createTestBff, flushPromises } from './support/browser.ts'
import { grantsOf, json, rotating } from './support/token-endpoint.ts'

const issued = { access_token: 'b', refresh_token: 'refresh-b', token_type: 'Bearer', expires_in: 900 }

/**
 * Two processes on one store, with an expired token. The first sends a refresh and stands still or dies: what it gets is
 * delivered by `respond`, and what it writes to the store waits until `resume`.
 */
async function startRefreshAndStop() {
  const clock = createClock()
  const store = memoryStore({ now: clock.now })
  let isStopped = false
  let resume = (): void => {}
  const resumed = new Promise<void>((resolve) => (resume = resolve))
  const call =
    <K extends 'lease' | 'replace' | 'release' | 'read'>(name: K): Store[K] =>
    async (...args: never[]) => {
      if (isStopped) await resumed
      return (store[name] as (...values: never[]) => never)(...args)
    }
  const stoppable: Store = {
    ...store,
    lease: call('lease'),
    replace: call('replace'),
    release: call('release'),
    read: call('read'),
  }
  const server = rotating()
  // Its timers stand still as well.
  const platform = { startTimer: () => () => {} }
  const first = createTestBff(server, { store: stoppable, platform }, clock)
  const id = (await first.signIn()).body.session?.session_id ?? ''
  const second = createSecondBff(first, { store })
  const third = createSecondBff(first, { store })
  await clock.pass(901)
  let respond = (_response: Response): void => {}
  first.endpoint.script(() => new Promise<Response>((resolve) => (respond = resolve)), server)
  const pending = first.token(1)
  await flushPromises()
  isStopped = true
  return {
    ...{ clock, endpoint: first.endpoint, first, second, third, id, pending, server },
    respond: (response: Response) => respond(response),
    resume: () => {
      isStopped = false
      resume()
    },
  }
}

describe('a refresh whose process died', () => {
  it('is taken over after seven seconds, with one more request, when the server did not see the first', async () => {
    const { clock, second, third, id, endpoint } = await startRefreshAndStop()
    const responses = Promise.all([second.token(1, id), third.token(1, id)])
    await flushPromises()
    await clock.pass(7)
    expect((await responses).map(({ body }) => body.token?.sequence)).toEqual([2, 2])
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(2)
    expect(second.log.concat(third.log).join()).toContain('Refresh lease taken over')
  })

  it('ends the session with refresh_lost when the refresh token was used up, in every process and tab', async () => {
    const { clock, second, third, id, endpoint } = await startRefreshAndStop()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    const responses = Promise.all([second.token(1, id), third.token(1, id), third.token(1, id)])
    await flushPromises()
    await clock.pass(9)
    expect((await responses).map(({ body }) => body.reason)).toEqual(Array(3).fill('refresh_lost'))
    await clock.pass(3600)
    expect((await second.token(1, id)).body.reason).toBe('refresh_lost')
    expect(second.log.concat(third.log).join()).toContain('(refresh_lost)')
  })
})

describe('a refresh whose process stood still', () => {
  it('is not repeated when the response lay in its socket: all use its token', async () => {
    const { clock, second, id, endpoint, pending, respond, resume } = await startRefreshAndStop()
    const waiting = second.token(1, id)
    await flushPromises()
    await clock.pass(1)
    // Both processes stand still; the second one takes the lease over when it wakes.
    clock.stop(7)
    respond(Response.json(issued))
    await flushPromises()
    await clock.pass(0.5)
    resume()
    await flushPromises()
    await clock.pass(8)
    expect((await waiting).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    expect((await pending).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  })

  /** Lets a takeover end the session, and then the token of the process that stood still arrive. */
  async function reopenAfterTakeover() {
    const setup = await startRefreshAndStop()
    const { clock, second, id, endpoint, pending, respond, resume } = setup
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    const waiting = second.token(1, id)
    await flushPromises()
    await clock.pass(8)
    expect((await waiting).body.reason).toBe('refresh_lost')
    respond(Response.json(issued))
    resume()
    await flushPromises()
    await clock.pass(1)
    expect((await pending).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    return setup
  }

  it('opens the session again when its token arrives after the takeover ended it', async () => {
    const { third, id } = await reopenAfterTakeover()
    expect((await third.token(1, id)).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
  })

  it('says refresh_lost when the server has revoked the tokens with which the session was opened again', async () => {
    const { clock, endpoint, third, id } = await reopenAfterTakeover()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    await clock.pass(901)
    expect((await third.token(2, id)).body.reason).toBe('refresh_lost')
  })

  it('says refresh_lost when its token arrives while the takeover waits for the server, which then revokes it', async () => {
    const { clock, endpoint, second, third, id, pending, respond, resume } = await startRefreshAndStop()
    let respondToSecond = (_response: Response): void => {}
    endpoint.script(() => new Promise<Response>((resolve) => (respondToSecond = resolve)))
    const waiting = second.token(1, id)
    await flushPromises()
    await clock.pass(7)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(2)
    respond(Response.json(issued))
    resume()
    await flushPromises()
    expect((await pending).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    respondToSecond(Response.json({ error: 'invalid_grant' }, { status: 400 }))
    expect((await waiting).body.token).toMatchObject({ access_token: 'b', sequence: 2 })
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    await clock.pass(901)
    expect((await third.token(2, id)).body.reason).toBe('refresh_lost')
  })

  it('does not open the session again after half a minute', async () => {
    const { clock, second, id, endpoint, pending, respond, resume } = await startRefreshAndStop()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    void second.token(1, id)
    await flushPromises()
    await clock.pass(40)
    respond(Response.json(issued))
    resume()
    await flushPromises()
    await clock.pass(1)
    expect((await pending).body.reason).toBe('refresh_lost')
  })

  it('does not open a session again that the user ended', async () => {
    const { clock, second, pending, respond, resume } = await startRefreshAndStop()
    await second.signOut()
    respond(Response.json(issued))
    resume()
    await flushPromises()
    await clock.pass(1)
    expect((await pending).body.reason).toBe('no_session')
  })
})
