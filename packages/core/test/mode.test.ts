import { describe, expect, it } from 'vitest'
import type { AuthState } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import { createFakeBff, createTestBrowser } from '../src/testing/index.ts'

type Mode = 'token' | 'proxy'

const minute = 60_000
const modes: Mode[] = ['token', 'proxy']
/** Every sequence of the modes of four responses: to a restore, a refresh, a sign-in and another refresh. */
const modeSequences = modes.flatMap((first) =>
  modes.flatMap((second) => modes.flatMap((third) => modes.map((fourth) => [first, second, third, fourth]))),
)
const signedIn: AuthState<{ username: string }> = {
  status: 'signed-in',
  session: { id: 'session-1', subject: 'subject-cathy', user: { username: 'cathy' }, scope: ['read'] },
}

describe.each([
  ['restores its session', undefined],
  ['starts with a session and without a token', signedIn],
])('a client that %s', (_, initialState) => {
  it.each(modeSequences)('adopts the modes %s, %s, %s and %s of the responses', async (...sequence) => {
    const { browser, client, apiHeaders, setMode } = createSetupWithMode(initialState)
    const actions = [
      () => {
        client.subscribe(() => {})
        return client.getAccessToken()
      },
      () => client.getAccessToken({ forceRefresh: true }),
      () => client.signIn({ username: 'cathy', password: 'pw' }),
      () => client.getAccessToken({ forceRefresh: true }),
    ]
    for (const [index, mode] of sequence.entries()) {
      setMode(mode)
      const requestCount = browser.requests.length
      await actions[index]!()
      expect(browser.requests.length - requestCount).toBe(1)

      for (const afterMs of [0, 30 * minute]) {
        await browser.advance(afterMs)
        const token = client.accessToken.get()
        if (mode === 'proxy') expect(token).toBeNull()
        else expect(token).toMatch(/^session-\d\.token-\d$/)
        expect(await client.getAccessToken()).toBe(token ?? '')
        await client.fetch('/api/items')
        expect(apiHeaders.at(-1)).toEqual(
          mode === 'proxy'
            ? { authorization: null, 'x-latchkey': '1' }
            : { authorization: `Bearer ${token}`, 'x-latchkey': null },
        )
        expect(client.getState().status).toBe('signed-in')
      }
      // Two requests to the API; in token mode two refreshes within 30 minutes.
      expect(browser.requests.length - requestCount).toBeLessThanOrEqual(mode === 'proxy' ? 3 : 5)
    }
  })
})

/** Creates a client of a BFF that can change its mode, as after a deployment. */
function createSetupWithMode(initialState: AuthState<{ username: string }> | undefined) {
  let mode: Mode = 'token'
  const bff = createFakeBff()
  const apiHeaders: Record<string, string | null>[] = []
  const browser = createTestBrowser({
    cookie: bff.startSession('cathy'),
    network: async (request) => {
      if (!new URL(request.url).pathname.startsWith('/auth/')) {
        const { headers } = request
        apiHeaders.push({
          authorization: headers.get('authorization'),
          'x-latchkey': headers.get('x-latchkey'),
        })
        return new Response()
      }
      const { headers, body } = await bff.fetch(request).then(async (response) => ({
        headers: response.headers,
        body: (await response.json()) as Record<string, unknown>,
      }))
      return Response.json({ ...body, mode, ...(mode === 'proxy' && { token: undefined }) }, { headers })
    },
  })
  const client = createAuthClient({ platform: browser.openTab().platform, initialState })
  return { browser, client, apiHeaders, setMode: (next: Mode) => void (mode = next) }
}
