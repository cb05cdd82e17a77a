import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { thirdPartyServers } from './all.ts'
import type { ThirdPartyServer } from './third-party-server.ts'

/** How a server behaves where servers differ. */
interface KnownBehaviour {
  /** The response to a wrong password; `error` is `null` if the body is empty. */
  rejectedSignIn: { status: number; error: string | null }
  rejectedRefresh: { status: number; error: string | null }
  /** The status of the response to a sign-in without a scope. */
  statusWithoutScope: number
  tokenType: string
  /** Whether reuse of a refresh token revokes the tokens that replaced it. */
  refreshTokenReuse: { endsRefreshToken: boolean; endsAccessToken: boolean }
  /** Whether revoking the refresh token also revokes the access token; `null` without a revocation endpoint. */
  revocationEndsAccessToken: boolean | null
  /** The discovery metadata, without the issuer; `null` without discovery. */
  metadata: Record<string, unknown> | null
  clientSecretInBasic: 'form-encoded' | 'raw' | 'both'
}

const invalidGrant = { status: 400, error: 'invalid_grant' }
const knownBehaviour: Record<string, KnownBehaviour> = {
  'oidc-provider': {
    rejectedSignIn: invalidGrant,
    rejectedRefresh: invalidGrant,
    statusWithoutScope: 200,
    tokenType: 'Bearer',
    refreshTokenReuse: { endsRefreshToken: true, endsAccessToken: true },
    revocationEndsAccessToken: true,
    metadata: { token_endpoint: '/token', revocation_endpoint: '/token/revocation', password: true },
    clientSecretInBasic: 'form-encoded',
  },
  '@node-oauth/oauth2-server': {
    rejectedSignIn: invalidGrant,
    rejectedRefresh: invalidGrant,
    statusWithoutScope: 200,
    tokenType: 'Bearer',
    refreshTokenReuse: { endsRefreshToken: false, endsAccessToken: false },
    revocationEndsAccessToken: null,
    metadata: null,
    clientSecretInBasic: 'raw',
  },
  Glewlwyd: {
    rejectedSignIn: { status: 403, error: null },
    rejectedRefresh: { status: 400, error: null },
    statusWithoutScope: 400,
    tokenType: 'bearer',
    refreshTokenReuse: { endsRefreshToken: true, endsAccessToken: false },
    revocationEndsAccessToken: false,
    metadata: {
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

describe.for(thirdPartyServers)('$name', ({ name, start }) => {
  const expected = knownBehaviour[name] as KnownBehaviour
  let server: ThirdPartyServer

  beforeAll(async () => {
    server = await start()
  }, 30_000)
  afterAll(async () => {
    await server.stop()
  })

  it('publishes its endpoints and grants', async () => {
    if (expected.metadata === null) {
      expect(server.discoveryUrl).toBeNull()
      return
    }
    const metadata = await readBody(await fetch(String(server.discoveryUrl)))
    const path = (member: string): string =>
      String(metadata[member]).slice(new URL(server.tokenUrl).origin.length)
    expect(metadata['issuer']).toBe(server.issuer)
    expect({
      token_endpoint: path('token_endpoint'),
      revocation_endpoint: path('revocation_endpoint'),
      password: (metadata['grant_types_supported'] as string[]).includes('password'),
    }).toEqual(expected.metadata)
  })

  it('issues tokens for the right password with every client authentication method', async () => {
    for (const clientAuth of server.clientAuth) {
      const tokens = await readTokens(await signIn(server, {}, clientAuth))
      expect(tokens).toMatchObject({ token_type: expected.tokenType, scope: server.scope })
      expect(tokens.expires_in).toBeGreaterThan(server.accessTokenLifetime - 5)
      expect(tokens.expires_in).toBeLessThanOrEqual(server.accessTokenLifetime)
    }
  })

  it('rejects a wrong password and an unknown user in the same way', async () => {
    for (const changed of [
      { password: 'wrong' },
      { password: server.password.trim() },
      { username: 'nobody' },
    ]) {
      expect(await readRejection(await signIn(server, changed))).toEqual(expected.rejectedSignIn)
    }
  })

  it('responds to a sign-in without a scope', async () => {
    expect((await signIn(server, { scope: undefined })).status).toBe(expected.statusWithoutScope)
  })

  it('issues tokens that its resource server accepts, which rejects others', async () => {
    const { access_token } = await readTokens(await signIn(server))
    const response = await fetchItems(server, access_token)
    expect(await readBody(response)).toEqual({ items: ['one', 'two'] })
    expect((await fetchItems(server, 'other')).status).toBe(401)
  })

  it('rotates the refresh token and keeps the old access token valid', async () => {
    const first = await readTokens(await signIn(server))
    const second = await readTokens(await refresh(server, first.refresh_token))
    expect(second.access_token).not.toBe(first.access_token)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect((await fetchItems(server, first.access_token)).status).toBe(200)
    expect((await fetchItems(server, second.access_token)).status).toBe(200)
  })

  it('rejects a used refresh token', async () => {
    const first = await readTokens(await signIn(server))
    const second = await readTokens(await refresh(server, first.refresh_token))
    expect(await readRejection(await refresh(server, first.refresh_token))).toEqual(expected.rejectedRefresh)
    expect({
      endsAccessToken: (await fetchItems(server, second.access_token)).status === 401,
      endsRefreshToken: (await refresh(server, second.refresh_token)).status !== 200,
    }).toEqual(expected.refreshTokenReuse)
  })

  it('revokes a refresh token, and responds with 200 for an unknown one', async () => {
    const { revokeUrl } = server
    if (revokeUrl === null) {
      expect(expected.revocationEndsAccessToken).toBeNull()
      return
    }
    const { access_token, refresh_token } = await readTokens(await signIn(server))
    const revoke = async (token: string): Promise<number> =>
      (await post(server, revokeUrl, { token }, 'basic')).status
    expect(await revoke(refresh_token)).toBe(200)
    expect(await revoke('unknown')).toBe(200)
    expect(await readRejection(await refresh(server, refresh_token))).toEqual(expected.rejectedRefresh)
    expect((await fetchItems(server, access_token)).status === 401).toBe(expected.revocationEndsAccessToken)
  })

  it('issues a machine token without a refresh token', async () => {
    const fields = { grant_type: 'client_credentials', scope: server.scope === 'read' ? 'read' : undefined }
    for (const clientAuth of server.clientAuth) {
      const tokens = await readTokens(await post(server, server.tokenUrl, fields, clientAuth))
      expect(tokens).toMatchObject({ token_type: expected.tokenType })
      expect(tokens).not.toHaveProperty('refresh_token')
      // Glewlwyd reports the token as inactive if the client authenticated in the body.
      if (clientAuth === 'basic') expect((await fetchItems(server, tokens.access_token)).status).toBe(200)
    }
  })

  it('rejects every refresh token after its sessions were ended, and still accepts sign-ins', async () => {
    const { refresh_token } = await readTokens(await signIn(server))
    await server.endSessions()
    expect(await readRejection(await refresh(server, refresh_token))).toEqual(expected.rejectedRefresh)
    expect((await signIn(server)).status).toBe(200)
  })

  it('accepts a client secret with special characters in the body, and in Basic in its own encoding', async () => {
    const other = await start({ clientSecret: 's3cr+t %:&' })
    try {
      const raw = `${other.clientId}:${other.clientSecret}`
      const encoded = `${other.clientId}:${new URLSearchParams({ '': other.clientSecret }).toString().slice(1)}`
      const isAccepted = async (pair: string): Promise<boolean> =>
        (await signIn(other, {}, 'basic', pair)).status === 200
      expect((await signIn(other, {}, 'post')).status).toBe(200)
      const accepted = { raw: await isAccepted(raw), 'form-encoded': await isAccepted(encoded) }
      expect(accepted).toEqual({
        raw: expected.clientSecretInBasic !== 'form-encoded',
        'form-encoded': expected.clientSecretInBasic !== 'raw',
      })
    } finally {
      await other.stop()
    }
  })
})

function signIn(
  server: ThirdPartyServer,
  changed: Record<string, string | undefined> = {},
  clientAuth: 'basic' | 'post' = 'basic',
  pair?: string,
): Promise<Response> {
  const { username, password, scope } = server
  const fields = { grant_type: 'password', username, password, scope, ...changed }
  return post(server, server.tokenUrl, fields, clientAuth, pair)
}

function refresh(server: ThirdPartyServer, refreshToken: string): Promise<Response> {
  return post(server, server.tokenUrl, { grant_type: 'refresh_token', refresh_token: refreshToken }, 'basic')
}

function fetchItems({ resourceUrl }: ThirdPartyServer, accessToken: string): Promise<Response> {
  return fetch(`${resourceUrl}/items`, { headers: { Authorization: `Bearer ${accessToken}` } })
}

function post(
  { clientId, clientSecret }: ThirdPartyServer,
  url: string,
  fields: Record<string, string | undefined>,
  clientAuth: 'basic' | 'post',
  pair = `${clientId}:${clientSecret}`,
): Promise<Response> {
  const clientParams = clientAuth === 'post' ? { client_id: clientId, client_secret: clientSecret } : {}
  const form = Object.entries({ ...fields, ...clientParams }).filter(
    (field): field is [string, string] => field[1] !== undefined,
  )
  const authorization = { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  const headers: Record<string, string> = clientAuth === 'basic' ? authorization : {}
  return fetch(url, { method: 'POST', body: new URLSearchParams(form), headers })
}

async function readTokens(response: Response): Promise<Tokens> {
  expect(response.status).toBe(200)
  return (await response.json()) as Tokens
}

async function readBody(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

async function readRejection(response: Response): Promise<{ status: number; error: unknown }> {
  const body = await response.text()
  const { error } = body === '' ? { error: null } : (JSON.parse(body) as { error: unknown })
  return { status: response.status, error }
}
