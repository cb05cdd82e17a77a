import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peers } from './all.ts'
import type { ThirdPartyServer } from './third-party-server.ts'

/** What a server does where servers differ: the ground that the BFF has to stand on. */
interface Facts {
  /** The answer to a wrong password; `null` for an empty body. */
  refusedSignIn: { status: number; error: string | null }
  refusedRefresh: { status: number; error: string | null }
  /** The answer to a sign-in that asks for no scope. */
  noScope: number
  tokenType: string
  /** Whether a refresh token that comes back ends the tokens that replaced it. */
  reuse: { endsRefreshToken: boolean; endsAccessToken: boolean }
  /** Whether revoking the refresh token ends the access token, too. */
  revocationEndsAccessToken: boolean | null
  /** What discovery says of itself, less the issuer. */
  discovered: Record<string, unknown> | null
  clientSecretInBasic: 'form-encoded' | 'raw' | 'both'
}

const refused = { status: 400, error: 'invalid_grant' }
const facts: Record<string, Facts> = {
  'oidc-provider': {
    refusedSignIn: refused,
    refusedRefresh: refused,
    noScope: 200,
    tokenType: 'Bearer',
    reuse: { endsRefreshToken: true, endsAccessToken: true },
    revocationEndsAccessToken: true,
    discovered: { token_endpoint: '/token', revocation_endpoint: '/token/revocation', password: true },
    clientSecretInBasic: 'form-encoded',
  },
  '@node-oauth/oauth2-server': {
    refusedSignIn: refused,
    refusedRefresh: refused,
    noScope: 200,
    tokenType: 'Bearer',
    reuse: { endsRefreshToken: false, endsAccessToken: false },
    revocationEndsAccessToken: null,
    discovered: null,
    clientSecretInBasic: 'raw',
  },
  Glewlwyd: {
    refusedSignIn: { status: 403, error: null },
    refusedRefresh: { status: 400, error: null },
    noScope: 400,
    tokenType: 'bearer',
    reuse: { endsRefreshToken: true, endsAccessToken: false },
    revocationEndsAccessToken: false,
    discovered: {
      token_endpoint: '//api/oidc/token',
      revocation_endpoint: '//api/oidc/revoke',
      password: false,
    },
    clientSecretInBasic: 'raw',
  },
}

interface Tokens {
  access_token: string
  refresh_token: string
  token_type: string
  expires_in: number
  scope: string
}

describe.for(peers)('$name', ({ name, start }) => {
  const known = facts[name] as Facts
  let peer: ThirdPartyServer

  beforeAll(async () => {
    peer = await start()
  }, 30_000)
  afterAll(async () => {
    await peer.stop()
  })

  it('describes itself', async () => {
    if (known.discovered === null) {
      expect(peer.discoveryUrl).toBeNull()
      return
    }
    const metadata = await bodyOf(await fetch(String(peer.discoveryUrl)))
    const path = (member: string): string =>
      String(metadata[member]).slice(new URL(peer.tokenUrl).origin.length)
    expect(metadata['issuer']).toBe(peer.issuer)
    expect({
      token_endpoint: path('token_endpoint'),
      revocation_endpoint: path('revocation_endpoint'),
      password: (metadata['grant_types_supported'] as string[]).includes('password'),
    }).toEqual(known.discovered)
  })

  it('gives tokens for the right password, however the client authenticates', async () => {
    for (const clientAuth of peer.clientAuth) {
      const tokens = await tokensOf(await signIn(peer, {}, clientAuth))
      expect(tokens).toMatchObject({ token_type: known.tokenType, scope: peer.scope })
      expect(tokens.expires_in).toBeGreaterThan(peer.accessTokenLifetime - 5)
      expect(tokens.expires_in).toBeLessThanOrEqual(peer.accessTokenLifetime)
    }
  })

  it('refuses a wrong password and an unknown user in the same way', async () => {
    for (const changed of [
      { password: 'wrong' },
      { password: peer.password.trim() },
      { username: 'nobody' },
    ]) {
      expect(await refusalOf(await signIn(peer, changed))).toEqual(known.refusedSignIn)
    }
  })

  it('answers a sign-in that asks for no scope', async () => {
    expect((await signIn(peer, { scope: undefined })).status).toBe(known.noScope)
  })

  it('gives tokens that its resource server accepts, and no others', async () => {
    const { access_token } = await tokensOf(await signIn(peer))
    const answer = await askForItems(peer, access_token)
    expect(await bodyOf(answer)).toEqual({ items: ['one', 'two'] })
    expect((await askForItems(peer, 'other')).status).toBe(401)
  })

  it('rotates the refresh token, and lets the old access token live', async () => {
    const first = await tokensOf(await signIn(peer))
    const second = await tokensOf(await refresh(peer, first.refresh_token))
    expect(second.access_token).not.toBe(first.access_token)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect((await askForItems(peer, first.access_token)).status).toBe(200)
    expect((await askForItems(peer, second.access_token)).status).toBe(200)
  })

  it('refuses a refresh token that was used', async () => {
    const first = await tokensOf(await signIn(peer))
    const second = await tokensOf(await refresh(peer, first.refresh_token))
    expect(await refusalOf(await refresh(peer, first.refresh_token))).toEqual(known.refusedRefresh)
    expect({
      endsAccessToken: (await askForItems(peer, second.access_token)).status === 401,
      endsRefreshToken: (await refresh(peer, second.refresh_token)).status !== 200,
    }).toEqual(known.reuse)
  })

  it('revokes a refresh token, and is content with an unknown one', async () => {
    const { revokeUrl } = peer
    if (revokeUrl === null) {
      expect(known.revocationEndsAccessToken).toBeNull()
      return
    }
    const { access_token, refresh_token } = await tokensOf(await signIn(peer))
    const revoke = async (token: string): Promise<number> =>
      (await post(peer, revokeUrl, { token }, 'basic')).status
    expect(await revoke(refresh_token)).toBe(200)
    expect(await revoke('unknown')).toBe(200)
    expect(await refusalOf(await refresh(peer, refresh_token))).toEqual(known.refusedRefresh)
    expect((await askForItems(peer, access_token)).status === 401).toBe(known.revocationEndsAccessToken)
  })

  it('gives the application a token of its own, without a refresh token', async () => {
    const fields = { grant_type: 'client_credentials', scope: peer.scope === 'read' ? 'read' : undefined }
    for (const clientAuth of peer.clientAuth) {
      const tokens = await tokensOf(await post(peer, peer.tokenUrl, fields, clientAuth))
      expect(tokens).toMatchObject({ token_type: known.tokenType })
      expect(tokens).not.toHaveProperty('refresh_token')
      // Glewlwyd calls it inactive when the client authenticates in the body.
      if (clientAuth === 'basic') expect((await askForItems(peer, tokens.access_token)).status).toBe(200)
    }
  })

  it('refuses every refresh token once its sessions are ended, and still lets users sign in', async () => {
    const { refresh_token } = await tokensOf(await signIn(peer))
    await peer.endSessions()
    expect(await refusalOf(await refresh(peer, refresh_token))).toEqual(known.refusedRefresh)
    expect((await signIn(peer)).status).toBe(200)
  })

  it('takes a client secret with special characters in the body, and in Basic in its own way', async () => {
    const other = await start({ clientSecret: 's3cr+t %:&' })
    try {
      const raw = `${other.clientId}:${other.clientSecret}`
      const encoded = `${other.clientId}:${new URLSearchParams({ '': other.clientSecret }).toString().slice(1)}`
      const isTaken = async (pair: string): Promise<boolean> =>
        (await signIn(other, {}, 'basic', pair)).status === 200
      expect((await signIn(other, {}, 'post')).status).toBe(200)
      const taken = { raw: await isTaken(raw), 'form-encoded': await isTaken(encoded) }
      expect(taken).toEqual({
        raw: known.clientSecretInBasic !== 'form-encoded',
        'form-encoded': known.clientSecretInBasic !== 'raw',
      })
    } finally {
      await other.stop()
    }
  })
})

function signIn(
  peer: ThirdPartyServer,
  changed: Record<string, string | undefined> = {},
  clientAuth: 'basic' | 'post' = 'basic',
  pair?: string,
): Promise<Response> {
  const { username, password, scope } = peer
  const fields = { grant_type: 'password', username, password, scope, ...changed }
  return post(peer, peer.tokenUrl, fields, clientAuth, pair)
}

function refresh(peer: ThirdPartyServer, refreshToken: string): Promise<Response> {
  return post(peer, peer.tokenUrl, { grant_type: 'refresh_token', refresh_token: refreshToken }, 'basic')
}

function askForItems({ resourceUrl }: ThirdPartyServer, accessToken: string): Promise<Response> {
  return fetch(`${resourceUrl}/items`, { headers: { Authorization: `Bearer ${accessToken}` } })
}

function post(
  { clientId, clientSecret }: ThirdPartyServer,
  url: string,
  fields: Record<string, string | undefined>,
  clientAuth: 'basic' | 'post',
  pair = `${clientId}:${clientSecret}`,
): Promise<Response> {
  const own = clientAuth === 'post' ? { client_id: clientId, client_secret: clientSecret } : {}
  const given = Object.entries({ ...fields, ...own }).filter(
    (field): field is [string, string] => field[1] !== undefined,
  )
  const authorization = { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  const headers: Record<string, string> = clientAuth === 'basic' ? authorization : {}
  return fetch(url, { method: 'POST', body: new URLSearchParams(given), headers })
}

async function tokensOf(answer: Response): Promise<Tokens> {
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

async function bodyOf(answer: Response): Promise<Record<string, unknown>> {
  return (await answer.json()) as Record<string, unknown>
}

async function refusalOf(answer: Response): Promise<{ status: number; error: unknown }> {
  const body = await answer.text()
  const { error } = body === '' ? { error: null } : (JSON.parse(body) as { error: unknown })
  return { status: answer.status, error }
}
