import { describe, expect, it, vi } from 'vitest'
import type { AuthClient, AuthClientOptions } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import type { FakeBff, TestBrowser } from '../src/testing/index.ts'
import { createErrorResponse, createFakeBff, createTestBrowser } from '../src/testing/index.ts'

const html = (): Response => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })

describe('in a development build, the console says once', () => {
  it.each([
    ['that the page is served where the BFF should be', html, 'HTML, status 200'],
    ['that nothing is there', () => new Response(null, { status: 404 }), 'status 404'],
    [
      'that the BFF has another base path',
      () => createErrorResponse(404, 'invalid_request'),
      'status 404: no BFF answers below /auth',
    ],
  ])('%s', async (_, respond, expected) => {
    const { client, errors, browser } = open({ respond })
    client.subscribe(() => {})
    await browser.advance(120_000)
    expect(errors).toEqual([expect.stringContaining(expected)])
    expect(errors[0]).toMatch(/^\[latchkey\] GET \/auth\/session responded with .*vite\.config\.ts.*basePath/)
  })

  it('nothing about an outage, an error of the BFF or a session that ended', async () => {
    for (const respond of [
      () => new Response('<html>', { status: 502 }),
      () => createErrorResponse(503, 'temporarily_unavailable'),
      () => createErrorResponse(500, 'server_error'),
      () => createErrorResponse(401, 'login_required', { reason: 'idle' }),
    ]) {
      const { client, errors, browser } = open({ respond })
      client.subscribe(() => {})
      await browser.advance(10_000)
      expect(errors).toEqual([])
    }
  })

  it.each([
    ['over https', 'https://app.test/', /Allow cookies for this site/],
    ['over plain http', 'http://192.168.1.5:5173/', /plain http from 192\.168\.1\.5:5173.*https/],
    ['over plain http on this machine', 'http://localhost:5173/', /Allow cookies for this site/],
  ])('that the browser dropped the session cookie (%s)', async (_, pageUrl, expected) => {
    const { client, errors, browser, bff } = open({ pageUrl, dropsCookies: true })
    await client.signIn({ username: 'cathy', password: 'pw' })
    await browser.advance(0)
    expect(errors).toEqual([expect.stringMatching(expected)])
    expect(client.getState().status).toBe('signed-in')
    expect(bff.signInCount()).toBe(1)
  })

  it('nothing about the cookie when the browser keeps it, or when the user signs out at once', async () => {
    const kept = open()
    await kept.client.signIn({ username: 'cathy', password: 'pw' })
    await kept.browser.advance(0)
    expect(kept.errors).toEqual([])

    const gone = open()
    await gone.client.signIn({ username: 'cathy', password: 'pw' })
    await gone.client.signOut()
    await gone.browser.advance(0)
    expect(gone.errors).toEqual([])
  })

  it('that an origin is not in `allow`, and nothing for a request with its own Authorization', async () => {
    const { client, errors } = open()
    await client.signIn({ username: 'cathy', password: 'pw' })
    await client.fetch('https://cdn.test/a', { headers: { authorization: 'Basic eA==' } })
    expect(errors).toEqual([])
    await client.fetch('https://api.test/a')
    await client.fetch('https://api.test/b')
    expect(errors).toEqual([
      expect.stringMatching(/https:\/\/api\.test without the access token.*allow: \['https:\/\/api\.test'\]/),
    ])
  })

  it('that a second client for the same base path was created, and nothing once the first is disposed', () => {
    const { client, errors, create } = open()
    create({ basePath: '/auth/other' })
    expect(errors).toEqual([])
    client.dispose()
    create()
    expect(errors).toEqual([])
    create()
    create()
    expect(errors).toEqual([expect.stringMatching(/second client for \/auth .*never during render/)])
  })

  it('that two copies of the package are loaded', async () => {
    const { errors, platform } = open()
    vi.resetModules()
    const { diagnosis: otherCopy } = await import('../src/diagnosis.ts')
    otherCopy?.clientCreated(platform, '/auth/other')
    otherCopy?.clientCreated(platform, '/auth/third')
    expect(errors).toEqual([expect.stringContaining('npm ls @latchkey/core')])
  })
})

it('the error of a rejected sign-in carries what the BFF wrote for developers', async () => {
  const { client } = open({
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

/** A client in a browser whose console is recorded. */
function open({
  respond,
  pageUrl = 'https://app.test/',
  dropsCookies = false,
}: {
  respond?: () => Response
  pageUrl?: string
  dropsCookies?: boolean
} = {}): {
  client: AuthClient
  create: (more?: AuthClientOptions) => AuthClient
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
  const create = (more: AuthClientOptions = {}): AuthClient => createAuthClient({ platform, ...more })
  return { client: create(), create, platform, errors, browser, bff }
}
