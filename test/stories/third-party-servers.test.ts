import { errorResponseSchema, sessionResponseSchema } from '../../packages/bff/src/wire-schemas.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { peers } from '../third-party-servers/all.ts'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'
import { providerOf } from '../support/third-party-providers.ts'
import type { Page } from './page.ts'
import { credentialsOf, openPage } from './page.ts'

describe.for(peers)('a BFF in front of $name', ({ start }) => {
  let peer: ThirdPartyServer
  let page: Page

  beforeAll(async () => {
    peer = await start()
  }, 30_000)
  afterAll(async () => {
    await peer.stop()
  })
  beforeEach(() => {
    page = openPage(peer)
  })

  it('signs in with the right password, and the token opens the resource server', async () => {
    const { session, token } = await page.signIn()
    expect(session).toMatchObject({ scope: peer.scope.split(' '), user: { username: peer.username } })
    expect(token?.sequence).toBe(1)
    expect(token?.expires_in).toBeGreaterThan(peer.accessTokenLifetime - 5)
    expect(await page.statusOfItems()).toBe(200)
  })

  it('answers a wrong password and an unknown user alike, and starts no session', async () => {
    for (const wrong of [{ password: 'wrong' }, { username: 'nobody' }]) {
      const answer = await page.send('POST', '/session', { credentials: credentialsOf(peer, wrong) })
      expect(answer.status).toBe(401)
      expect(errorResponseSchema.parse(await answer.json()).error).toBe('invalid_credentials')
      expect(answer.headers.get('Set-Cookie')).toBeNull()
    }
  })

  it('refreshes a token that is due, as often as one is due', async () => {
    const first = await page.signIn()
    for (const sequence of [2, 3]) {
      page.wait(peer.accessTokenLifetime * 0.9)
      const next = await page.refresh()
      expect(next.session).toEqual({ ...first.session, expires_in: expect.any(Number) as number })
      expect(next.token?.sequence).toBe(sequence)
      expect(await page.statusOfItems()).toBe(200)
    }
  })

  it('asks for one token when fifty callers want one', async () => {
    const { session } = await page.signIn()
    page.wait(peer.accessTokenLifetime)
    const body = { session_id: session?.session_id, after: 1 }
    const answers = await Promise.all(Array.from({ length: 50 }, () => page.send('POST', '/token', body)))
    const tokens = await Promise.all(
      answers.map(async (answer) => sessionResponseSchema.parse(await answer.json()).token),
    )
    expect(new Set(tokens.map((token) => token?.access_token)).size).toBe(1)
    expect(page.grants()).toEqual(['password', 'refresh_token'])
  })

  it('gives a tab that is behind the present token, without asking for another', async () => {
    await page.signIn()
    page.wait(peer.accessTokenLifetime * 0.9)
    const present = await page.refresh()
    expect(await page.refresh(1)).toEqual(present)
    expect(page.grants()).toEqual(['password', 'refresh_token'])
  })

  it('restores the session after a reload, without asking for a token', async () => {
    const before = await page.signIn()
    expect(await page.restore()).toEqual(before)
    expect(page.grants()).toEqual(['password'])
  })

  it('restores the session with a new token when the old one has run out', async () => {
    const before = await page.signIn()
    page.wait(peer.accessTokenLifetime * 2)
    const { session, token } = await page.restore()
    expect(session?.session_id).toBe(before.session?.session_id)
    expect(token?.sequence).toBe(2)
    expect(await page.statusOfItems()).toBe(200)
  })

  it('ends the session when the server refuses to refresh it, and says so', async () => {
    const { session } = await page.signIn()
    await peer.endSessions()
    page.wait(peer.accessTokenLifetime)
    const answer = await page.send('POST', '/token', { session_id: session?.session_id, after: 1 })
    expect(answer.status).toBe(401)
    expect(errorResponseSchema.parse(await answer.json())).toMatchObject({
      error: 'login_required',
      reason: 'refresh_rejected',
    })
    expect(await page.restore()).toMatchObject({ session: null })
    expect((await page.signIn()).token?.sequence).toBe(1)
  })

  it('signs out at once, and gives the refresh token back where the server takes it', async () => {
    await page.signIn()
    expect((await page.send('DELETE', '/session')).status).toBe(204)
    expect(await page.restore()).toMatchObject({ session: null })
    expect((await page.send('DELETE', '/session')).status).toBe(204)
    await page.close()
    expect(await page.isRefreshTokenGood()).toBe(peer.revokeUrl === null)
  })

  it('needs no discovery, and takes a client secret of special characters in the body', async () => {
    const other = await start({ clientSecret: 's3cr+t %:&' })
    const withoutDiscovery = providerOf(other, ({ issuer: _issuer, ...options }) => ({
      ...options,
      tokenEndpoint: other.tokenUrl,
      clientAuth: 'post',
    }))
    page = openPage(other, withoutDiscovery)
    try {
      await page.signIn()
      page.wait(other.accessTokenLifetime)
      expect((await page.refresh()).token?.sequence).toBe(2)
    } finally {
      await other.stop()
    }
  })

  it('writes no secret to the log, whatever happens', async () => {
    await page.signIn()
    await page.send('POST', '/session', {
      credentials: credentialsOf(peer, { password: `${peer.password}wrong` }),
    })
    await peer.endSessions()
    page.wait(peer.accessTokenLifetime)
    await page.restore()
    await page.close()
    expect(page.log()).toContain('RFC 9700')
    for (const secret of page.secrets()) expect(page.log()).not.toContain(secret)
  })
})
