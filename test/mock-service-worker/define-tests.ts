import type { AuthClient } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import { createErrorResponse, createFakeBff } from '@latchkey/core/testing'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'

/** Defines the tests for the simulated DOM of the file that calls it. */
export function defineTests(): void {
  const bff = createFakeBff({ users: { cathy: 'correct horse' }, cookies: false })
  const server = setupServer(
    http.all('/auth/*', ({ request }) => bff.fetch(request)),
    http.get('/api/items', ({ request }) =>
      bff.acceptsToken(request) ? HttpResponse.json(['item']) : new HttpResponse(null, { status: 401 }),
    ),
  )
  let clients: AuthClient[] = []
  const loadPage = (): AuthClient => {
    const client = createAuthClient()
    client.subscribe(() => {})
    clients.push(client)
    return client
  }

  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
  beforeEach(() => {
    clients = []
  })
  afterEach(() => {
    for (const client of clients) client.dispose()
    bff.endSessions()
    bff.intercept(null)
  })
  afterAll(() => server.close())

  it('signs in, refreshes, restores after a reload, and signs out', async () => {
    const auth = loadPage()
    expect(await auth.ready()).toMatchObject({ status: 'signed-out', reason: 'no_session' })
    await expect(auth.signIn({ username: 'cathy', password: 'wrong' })).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
    await auth.signIn({ username: 'cathy', password: 'correct horse' })
    expect(await (await auth.fetch('/api/items')).json()).toEqual(['item'])

    const token = await auth.getAccessToken({ forceRefresh: true })
    expect(token).toMatch(/\.token-2$/)
    bff.revokeTokens()
    expect((await auth.fetch('/api/items')).status).toBe(200)
    expect(auth.accessToken.get()).toMatch(/\.token-3$/)
    auth.dispose()

    const reloaded = loadPage()
    expect(await reloaded.ready()).toMatchObject({
      status: 'signed-in',
      session: { user: { username: 'cathy' } },
    })
    expect(await reloaded.getAccessToken()).toMatch(/\.token-3$/)
    await reloaded.signOut()
    await expect.poll(() => localStorage.length).toBe(0)
    reloaded.dispose()

    expect(await loadPage().ready()).toMatchObject({ status: 'signed-out', reason: 'no_session' })
  })

  it('fails and recovers as a test intercepts', async () => {
    const auth = loadPage()
    await auth.signIn({ username: 'cathy', password: 'correct horse' })
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable', { retryAfter: 30 }))
    await expect(auth.extend()).rejects.toMatchObject({ code: 'temporarily_unavailable', retryAfter: 30 })
    expect(auth.getState().status).toBe('signed-in')
    bff.intercept(null)
    expect((await auth.extend()).user).toEqual({ username: 'cathy' })
  })
}
