import { describe, expect, it, vi } from 'vitest'
import type { AuthClient, AuthClientOptions } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import type { FakeBff, TestBrowser } from '../src/testing/index.ts'
import { createErrorResponse, createFakeBff, createTestBrowser } from '../src/testing/index.ts'

const respondWithHtml = (): Response =>
  new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })

describe('a development build', () => {
  it.each([
    ['that the BFF path responds with HTML', respondWithHtml, 'HTML, status 200'],
    ['that the BFF path responds with 404', () => new Response(null, { status: 404 }), 'status 404'],
    [
      'that the BFF has no session route at this path',
      () => createErrorResponse(404, 'invalid_request'),
      'status 404: there is no BFF at /auth',
    ],
  ])('reports once %s', async (_, respond, expected) => {
    const { client, errors, browser } = createRecordedClient({ respond })
    client.subscribe(() => {})
    await browser.advance(120_000)
    expect(errors).toEqual([expect.stringContaining(expected)])
    expect(errors[0]).toMatch(/^\[latchkey\] GET \/auth\/session responded with .*vite\.config\.ts.*basePath/)
  })

  it('does not report an outage, an error of the BFF or an ended session', async () => {
    for (const respond of [
      () => new Response('<html>', { status: 502 }),
      () => createErrorResponse(503, 'temporarily_unavailable'),
      () => createErrorResponse(500, 'server_error'),
      () => createErrorResponse(401, 'login_required', { reason: 'idle' }),
    ]) {
      const { client, errors, browser } = createRecordedClient({ respond })
      client.subscribe(() => {})
      await browser.advance(10_000)
      expect(errors).toEqual([])
    }
  })

  it.each([
    ['over https', 'https://app.test/', /Allow cookies for this site/],
    ['over plain http', 'http://192.168.1.5:5173/', /plain http from 192\.168\.1\.5:5173.*https/],
    ['over plain http on localhost', 'http://localhost:5173/', /Allow cookies for this site/],
  ])(
    'reports once that the browser dropped the session cookie of a page loaded %s',
    async (_, pageUrl, expected) => {
      const { client, errors, browser, bff } = createRecordedClient({ pageUrl, dropsCookies: true })
      await client.signIn({ username: 'cathy', password: 'pw' })
      await browser.advance(0)
      expect(errors).toEqual([expect.stringMatching(expected)])
      expect(client.getState().status).toBe('signed-in')
      expect(bff.signInCount()).toBe(1)
    },
  )

  it('does not report a lost cookie when the browser keeps it, or when the user signs out at once', async () => {
    const signedIn = createRecordedClient()
    await signedIn.client.signIn({ username: 'cathy', password: 'pw' })
    await signedIn.browser.advance(0)
    expect(signedIn.errors).toEqual([])

    const signedOut = createRecordedClient()
    // The BFF handles the sign-out before it looks for the session.
    signedOut.bff.intercept(({ method }) => (method === 'GET' ? signedOut.browser.wait(100) : undefined))
    await signedOut.client.signIn({ username: 'cathy', password: 'pw' })
    await signedOut.client.signOut()
    await signedOut.browser.advance(1_000)
    expect(signedOut.errors).toEqual([])
  })

  it('reports once that an origin is not in `allow`, unless the request has its own Authorization header', async () => {
    const { client, errors } = createRecordedClient()
    await client.signIn({ username: 'cathy', password: 'pw' })
    await client.fetch('https://cdn.test/a', { headers: { authorization: 'Basic eA==' } })
    expect(errors).toEqual([])
    await client.fetch('https://api.test/a')
    await client.fetch('https://api.test/b')
    expect(errors).toEqual([
      expect.stringMatching(/https:\/\/api\.test without the access token.*allow: \['https:\/\/api\.test'\]/),
    ])
  })

  it('reports once that a second client for the same base path exists, unless the first was disposed', () => {
    const { client, errors, createClient } = createRecordedClient()
    createClient({ basePath: '/auth/other' })
    expect(errors).toEqual([])
    client.dispose()
    createClient()
    expect(errors).toEqual([])
    createClient()
    createClient()
    expect(errors).toEqual([expect.stringMatching(/second client for \/auth .*never during render/)])
  })

  it('reports once that two copies of the package are loaded', async () => {
    const { errors, platform } = createRecordedClient()
    vi.resetModules()
    const { diagnosis: otherCopy } = await import('../src/diagnosis.ts')
    otherCopy?.registerClient(platform, '/auth/other')
    otherCopy?.registerClient(platform, '/auth/third')
    expect(errors).toEqual([expect.stringContaining('npm ls @latchkey/core')])
  })
})

it('puts the error_description of the BFF into the message of an AuthError', async () => {
  const { client } = createRecordedClient({
    respond: () =>
      Response.json(
        { error: 'invalid_request', error_description: 'Expected: username, password' },
        { status: 400 },
      ),
  })
  await expect(client.signIn({ user: 'cathy' })).rejects.toMatchObject({
    code: 'invalid_request',
    message: 'POST /auth/session: 400 invalid_request: Expected: username, password',
  })
})

/** Creates a client in a browser whose console is recorded. */
function createRecordedClient({
  respond,
  pageUrl = 'https://app.test/',
  dropsCookies = false,
}: {
  respond?: () => Response
  pageUrl?: string
  dropsCookies?: boolean
} = {}): {
  client: AuthClient
  createClient: (options?: AuthClientOptions) => AuthClient
  platform: NonNullable<AuthClientOptions['platform']>
  errors: string[]
  browser: TestBrowser
  bff: FakeBff
} {
  const bff = createFakeBff()
  const errors: string[] = []
  const browser = createTestBrowser({
    pageUrl,
    network: async (request) => {
      if (!new URL(request.url).pathname.startsWith('/auth/')) return new Response()
      if (respond) return respond()
      const response = await bff.fetch(request)
      return dropsCookies ? new Response(response.body, { status: response.status }) : response
    },
  })
  const platform = {
    ...browser.openTab().platform,
    console: { error: (message: string) => void errors.push(message) },
  }
  const createClient = (options: AuthClientOptions = {}): AuthClient =>
    createAuthClient({ platform, ...options })
  return { client: createClient(), createClient, platform, errors, browser, bff }
}
