import { describe, expect, it } from 'vitest'
import type { InitialState } from '../src/index.ts'
import { createAuthClient, requireSession } from '../src/index.ts'
import { createTestAuth } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

describe('requireSession', () => {
  it('waits until the client has restored, and resolves with the session', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    expect(client.getState().status).toBe('restoring')
    expect(await requireSession(client)).toBe(client.getState().session)
    expect(browser.requests).toEqual(['GET /auth/session'])
  })

  it('rejects with login_required and the reason when nobody is signed in', async () => {
    const { bff, openPage } = createSetup({ signedInAs: 'cathy' })
    bff.endSessions('idle')
    await expect(requireSession(openPage().client)).rejects.toMatchObject({
      name: 'AuthError',
      code: 'login_required',
      reason: 'idle',
    })
  })

  it('rejects while the session is expired, and resolves after the next sign-in', async () => {
    const auth = createTestAuth({ user: { username: 'cathy' } })
    await auth.expire('absolute')
    expect(auth.getState().status).toBe('expired')
    await expect(requireSession(auth)).rejects.toMatchObject({ code: 'login_required', reason: 'absolute' })
    await auth.signIn({ username: 'cathy', password: 'pw' })
    expect(await requireSession(auth)).toMatchObject({ user: { username: 'cathy' } })
  })

  it('waits while the network is down', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    browser.goOffline()
    const { client } = openPage()
    const waiting = requireSession(client)
    await browser.advance(60_000)
    expect(client.getState().status).toBe('restoring')
    browser.goOnline()
    expect((await waiting).user).toEqual({ username: 'cathy' })
  })

  it('rejects after dispose()', async () => {
    const { openPage } = createSetup()
    const { client } = openPage()
    client.dispose()
    await expect(requireSession(client)).rejects.toMatchObject({ code: 'login_required' })
  })
})

// Node has no document, as every server that renders.
describe('requireSession during server rendering', () => {
  const session = { id: 's1', subject: 'cathy', user: { username: 'cathy' }, scope: [] }

  it('resolves with the session of the initial state', async () => {
    const auth = createAuthClient({ initialState: { status: 'signed-in', session } })
    expect(await requireSession(auth)).toBe(session)
  })

  it.each<[string, InitialState, object]>([
    [
      'login_required for a signed-out browser',
      { status: 'signed-out', session: null, reason: 'idle' },
      { code: 'login_required', reason: 'idle' },
    ],
    [
      'invalid_request without an initial state',
      { status: 'restoring', session: null },
      { code: 'invalid_request' },
    ],
  ])('rejects with %s', async (_, initialState, error) => {
    await expect(requireSession(createAuthClient({ initialState }))).rejects.toMatchObject(error)
  })
})
