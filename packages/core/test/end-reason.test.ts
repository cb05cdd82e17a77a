import { describe, expect, it } from 'vitest'
import type { AuthClientOptions } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import { createFakeBff, createTestBrowser } from '../src/testing/index.ts'

const signedIn: AuthClientOptions['initialState'] = {
  status: 'signed-in',
  session: { id: 'session-1', subject: 'subject-cathy', user: { username: 'cathy' }, scope: ['read'] },
}

/** A page whose API rejects every request of an ended session, in either mode. */
function createPage(mode: 'token' | 'proxy', initialState?: AuthClientOptions['initialState']) {
  const bff = createFakeBff({ mode })
  const browser = createTestBrowser({
    cookie: bff.startSession('cathy'),
    network: (request) =>
      new URL(request.url).pathname.startsWith('/auth/')
        ? bff.fetch(request)
        : new Response(null, { status: bff.acceptsToken(request) ? 200 : 401 }),
  })
  const client = createAuthClient({ platform: browser.openTab().platform, initialState })
  client.subscribe(() => {})
  return { bff, browser, client }
}

describe.each(['token', 'proxy'] as const)('in %s mode', (mode) => {
  it.each(['idle', 'absolute', 'refresh_rejected'] as const)(
    'a page whose session ended learns the reason %s of the BFF with its next request',
    async (reason) => {
      const { bff, client } = createPage(mode)
      await client.ready()
      bff.endSessions(reason)
      await expect(client.fetch('/api/items')).rejects.toMatchObject({ code: 'login_required', reason })
      expect(client.getState()).toMatchObject({ status: 'expired', reason })
    },
  )

  it('the first request of a page that a server rendered is GET session, which counts as use of the session', async () => {
    const { browser, client } = createPage(mode, signedIn)
    await client.fetch('/api/items')
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /api/items'])
  })
})
