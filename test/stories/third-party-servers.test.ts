import { errorResponseSchema, sessionResponseSchema } from '../../packages/bff/src/wire-schemas.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { thirdPartyServers } from '../third-party-servers/all.ts'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'
import { createThirdPartyProvider } from '../support/third-party-providers.ts'
import type { Page } from './page.ts'
import { getCredentials, openPage } from './page.ts'

describe.for(thirdPartyServers)('a BFF with $name', ({ start }) => {
  let server: ThirdPartyServer
  let page: Page

  beforeAll(async () => {
    server = await start()
  })
  afterAll(async () => {
    await server.stop()
  })
  beforeEach(() => {
    page = openPage(server)
  })

  it('signs in with the right password, and the resource server accepts the token', async () => {
    const { session, token } = await page.signIn()
    expect(session).toMatchObject({ scope: server.scope.split(' '), user: { username: server.username } })
    expect(token?.sequence).toBe(1)
    expect(token?.expires_in).toBeGreaterThan(server.accessTokenLifetime - 5)
    expect(await page.fetchItemsStatus()).toBe(200)
  })

  it('responds to a wrong password and to an unknown user in the same way, without a session', async () => {
    for (const change of [{ password: 'wrong' }, { username: 'nobody' }]) {
      const response = await page.send('POST', '/session', { credentials: getCredentials(server, change) })
      expect(response.status).toBe(401)
      expect(errorResponseSchema.parse(await response.json()).error).toBe('invalid_credentials')
      expect(response.headers.get('Set-Cookie')).toBeNull()
    }
  })

  it('refreshes a token each time it is due', async () => {
    const first = await page.signIn()
    for (const sequence of [2, 3]) {
      page.advanceClock(server.accessTokenLifetime * 0.9)
      const next = await page.refresh()
      expect(next.session).toEqual({ ...first.session, expires_in: expect.any(Number) as number })
      expect(next.token?.sequence).toBe(sequence)
      expect(await page.fetchItemsStatus()).toBe(200)
    }
  })

  it('sends one refresh request for fifty callers', async () => {
    const { session } = await page.signIn()
    page.advanceClock(server.accessTokenLifetime)
    const body = { session_id: session?.session_id, after: 1 }
    const responses = await Promise.all(Array.from({ length: 50 }, () => page.send('POST', '/token', body)))
    const tokens = await Promise.all(
      responses.map(async (response) => sessionResponseSchema.parse(await response.json()).token),
    )
    expect(new Set(tokens.map((token) => token?.access_token)).size).toBe(1)
    expect(page.listGrants()).toEqual(['password', 'refresh_token'])
  })

  it('returns the newest token to a tab with an older one, without a refresh', async () => {
    await page.signIn()
    page.advanceClock(server.accessTokenLifetime * 0.9)
    const newest = await page.refresh()
    expect(await page.refresh(1)).toEqual(newest)
    expect(page.listGrants()).toEqual(['password', 'refresh_token'])
  })

  it('restores the session after a reload, without a token request', async () => {
    const before = await page.signIn()
    expect(await page.restore()).toEqual(before)
    expect(page.listGrants()).toEqual(['password'])
  })

  it('restores the session with a new token when the old one has expired', async () => {
    const before = await page.signIn()
    page.advanceClock(server.accessTokenLifetime * 2)
    const { session, token } = await page.restore()
    expect(session?.session_id).toBe(before.session?.session_id)
    expect(token?.sequence).toBe(2)
    expect(await page.fetchItemsStatus()).toBe(200)
  })

  it('ends the session when the server rejects the refresh token, and reports the reason', async () => {
    const { session } = await page.signIn()
    await server.endSessions()
    page.advanceClock(server.accessTokenLifetime)
    const response = await page.send('POST', '/token', { session_id: session?.session_id, after: 1 })
    expect(response.status).toBe(401)
    expect(errorResponseSchema.parse(await response.json())).toMatchObject({
      error: 'login_required',
      reason: 'refresh_rejected',
    })
    expect(await page.restore()).toMatchObject({ session: null })
    expect((await page.signIn()).token?.sequence).toBe(1)
  })

  it('signs out at once, and revokes the refresh token if the server has a revocation endpoint', async () => {
    await page.signIn()
    expect((await page.send('DELETE', '/session')).status).toBe(204)
    expect(await page.restore()).toMatchObject({ session: null })
    expect((await page.send('DELETE', '/session')).status).toBe(204)
    await page.close()
    expect(await page.isRefreshTokenAccepted()).toBe(server.revokeUrl === null)
  })

  it('works without discovery, and sends a client secret with special characters in the body', async () => {
    const otherServer = await start({ clientSecret: 's3cr+t %:&' })
    const withoutDiscovery = createThirdPartyProvider(otherServer, ({ issuer: _issuer, ...options }) => ({
      ...options,
      tokenEndpoint: otherServer.tokenUrl,
      clientAuth: 'post',
    }))
    page = openPage(otherServer, withoutDiscovery)
    try {
      await page.signIn()
      page.advanceClock(otherServer.accessTokenLifetime)
      expect((await page.refresh()).token?.sequence).toBe(2)
    } finally {
      await otherServer.stop()
    }
  })

  it('writes no secret to the log when sign-ins and refreshes fail', async () => {
    await page.signIn()
    await page.send('POST', '/session', {
      credentials: getCredentials(server, { password: `${server.password}wrong` }),
    })
    await server.endSessions()
    page.advanceClock(server.accessTokenLifetime)
    await page.restore()
    await page.close()
    expect(page.log()).toContain('RFC 9700')
    for (const secret of page.listSecrets()) expect(page.log()).not.toContain(secret)
  })
})
