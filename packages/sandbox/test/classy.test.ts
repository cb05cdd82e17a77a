import { describe, expect, it } from 'vitest'
import { campaigns, classyOrganization, createSandbox } from '../src/index.ts'
import { requestClassyToken, readBody, classyBase, getWithToken } from './requests.ts'

const exampleToken = 'f22d113d5bad4472c4bcb208f39c959b'
const campaignsUrl = `${classyBase}/2.0/organizations/${classyOrganization.id}/campaigns`

describe("Classy's token endpoint", () => {
  it("responds with the documented example's body", async () => {
    const sandbox = createSandbox({ randomId: () => exampleToken, classy: { queriesLog: false } })
    const response = await requestClassyToken(sandbox)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(
      `{"access_token":"${exampleToken}","expires_in":3600,"token_type":"bearer"}`,
    )
  })

  it('responds with the headers and the body of the published collections', async () => {
    const sandbox = createSandbox({ randomId: () => exampleToken, classy: { accessTokenLifetime: 7200 } })
    const response = await requestClassyToken(sandbox)
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('Cache-Control')).toBe('no-cache, private')
    expect(await response.text()).toBe(
      `{"access_token":"${exampleToken}","expires_in":7200,"queries_log":[],"token_type":"bearer"}`,
    )
  })

  it.each([
    ['client_id', '{"client_id":["The client id field is required."]}'],
    [
      'client_secret',
      '{"secret_key":["The secret key field is required when client secret is not present."],' +
        '"client_secret":["The client secret field is required when secret key is not present."]}',
    ],
  ])('has the messages of the published collections for a missing %s', async (field, error) => {
    for (const value of [undefined, '']) {
      const response = await requestClassyToken(createSandbox(), { [field]: value })
      expect(response.status).toBe(400)
      expect(await response.text()).toBe(`{"error":${error},"queries_log":[]}`)
    }
  })

  it('names all missing fields at once', async () => {
    const noFields = { grant_type: undefined, client_id: undefined, client_secret: undefined }
    const { error } = await readBody(await requestClassyToken(createSandbox(), noFields))
    expect(Object.keys(error as object)).toEqual(['grant_type', 'client_id', 'secret_key', 'client_secret'])
  })

  it.each([
    ['invalid_client', { client_id: 'other' }],
    ['invalid_client', { client_secret: 'other' }],
    ['invalid_grant', { grant_type: 'refresh_token', refresh_token: 'other' }],
    ['unsupported_grant_type', { grant_type: 'implicit' }],
  ])('responds with 400 and the text %s to %o', async (error, changes) => {
    const response = await requestClassyToken(createSandbox(), changes)
    expect(response.status).toBe(400)
    expect(await response.text()).toBe(`{"error":"${error}"}`)
  })

  it('accepts the secret under the other name in its messages', async () => {
    const response = await requestClassyToken(createSandbox(), {
      client_secret: undefined,
      secret_key: 'latchkey-demo-secret',
    })
    expect(response.status).toBe(200)
  })

  it('reads no query', async () => {
    const query = 'grant_type=client_credentials&client_id=latchkey-demo-client'
    const response = await createSandbox().fetch(`${classyBase}/oauth2/auth?${query}`, { method: 'POST' })
    expect(response.status).toBe(400)
  })

  it('sends the body that transformBody returns', async () => {
    const sandbox = createSandbox({ classy: { transformBody: (body) => ({ ...body, expires_in: '43200' }) } })
    expect(await readBody(await requestClassyToken(sandbox))).toMatchObject({ expires_in: '43200' })
  })

  it('responds to the fault refuse as to a wrong secret or an invalid refresh token', async () => {
    const sandbox = createSandbox()
    sandbox.faults.add({ kind: 'refuse', times: 2 })
    expect(await readBody(await requestClassyToken(sandbox))).toEqual({ error: 'invalid_client' })
    expect(await readBody(await requestClassyToken(sandbox, { grant_type: 'refresh_token' }))).toEqual({
      error: 'invalid_grant',
    })
  })
})

describe("Classy's refresh tokens", () => {
  const createRefreshFields = (refreshToken: unknown): Record<string, string> => ({
    grant_type: 'refresh_token',
    refresh_token: String(refreshToken),
  })

  it('come only when configured', async () => {
    expect(await readBody(await requestClassyToken(createSandbox()))).not.toHaveProperty('refresh_token')
  })

  it('work once and are replaced', async () => {
    const sandbox = createSandbox({ classy: { refreshTokens: true } })
    const first = await readBody(await requestClassyToken(sandbox))
    const second = await readBody(
      await requestClassyToken(sandbox, createRefreshFields(first['refresh_token'])),
    )
    expect(second['access_token']).not.toBe(first['access_token'])
    expect(second['refresh_token']).not.toBe(first['refresh_token'])
    expect((await getWithToken(second['access_token'], sandbox, campaignsUrl)).status).toBe(200)
    expect((await requestClassyToken(sandbox, createRefreshFields(first['refresh_token']))).status).toBe(400)
  })

  it('stay valid, and are not sent again, when rotation is off', async () => {
    const sandbox = createSandbox({ classy: { refreshTokens: true, rotation: 'kept' } })
    const { refresh_token } = await readBody(await requestClassyToken(sandbox))
    for (const attempt of [1, 2]) {
      const response = await requestClassyToken(sandbox, createRefreshFields(refresh_token))
      expect(response.status, `attempt ${attempt}`).toBe(200)
      expect(await readBody(response)).not.toHaveProperty('refresh_token')
    }
  })

  it('require client authentication', async () => {
    const sandbox = createSandbox({ classy: { refreshTokens: true } })
    const { refresh_token } = await readBody(await requestClassyToken(sandbox))
    const response = await requestClassyToken(sandbox, {
      ...createRefreshFields(refresh_token),
      client_secret: 'other',
    })
    expect(await readBody(response)).toEqual({ error: 'invalid_client' })
  })
})

describe("Classy's API", () => {
  it("lists the organization's campaigns on one page", async () => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestClassyToken(sandbox))
    const response = await getWithToken(access_token, sandbox, campaignsUrl)
    expect(response.headers.get('Content-Type')).toBe('application/json')
    expect(await readBody(response)).toMatchObject({
      total: 8,
      current_page: 1,
      last_page: 1,
      data: campaigns,
    })
  })

  it('returns one campaign, and for an unknown one the 404 of the published collections', async () => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestClassyToken(sandbox))
    const known = await getWithToken(access_token, sandbox, `${classyBase}/2.0/campaigns/301204`)
    expect(await readBody(known)).toEqual(campaigns[0])
    const unknown = await getWithToken(access_token, sandbox, `${classyBase}/2.0/campaigns/1`)
    expect(unknown.status).toBe(404)
    expect(await unknown.text()).toBe('{"error":"The resource cannot be found"}')
  })

  it('responds to a missing, an unknown and an expired token with the 401 of the published collections', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await readBody(await requestClassyToken(sandbox))
    now = 3_599_999
    expect((await getWithToken(access_token, sandbox, campaignsUrl)).status).toBe(200)
    now = 3_600_000
    for (const token of [undefined, 'other', access_token]) {
      const response = await getWithToken(token, sandbox, campaignsUrl)
      expect(response.status).toBe(401)
      expect(await response.text()).toBe(
        '{"error":"invalid_token","error_description":"The access token is invalid or has expired"}',
      )
    }
  })

  it('responds with 403 and the missing permissions to a request for another organization', async () => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestClassyToken(sandbox))
    const response = await getWithToken(access_token, sandbox, `${classyBase}/2.0/organizations/7/campaigns`)
    expect(response.status).toBe(403)
    expect(await response.text()).toBe(
      '{"error":"This action is unauthorized.","permissions":[{"action":"fetch","entity":"organization"}]}',
    )
  })

  it('rejects tokens after expireAccessTokens() and revokeAll()', async () => {
    const sandbox = createSandbox()
    for (const end of [sandbox.expireAccessTokens, sandbox.revokeAll]) {
      const { access_token } = await readBody(await requestClassyToken(sandbox))
      expect((await getWithToken(access_token, sandbox, campaignsUrl)).status).toBe(200)
      end()
      expect((await getWithToken(access_token, sandbox, campaignsUrl)).status).toBe(401)
    }
  })
})

describe("Classy's edge", () => {
  const integration = { 'x-integration-id': 'latchkey' }
  const sandbox = createSandbox({ classy: { integrationId: 'latchkey' } })

  it('responds with a 403 page to a request without the right x-integration-id', async () => {
    for (const headers of [{}, { 'x-integration-id': 'other' }]) {
      for (const response of [
        await requestClassyToken(sandbox, {}, headers),
        await sandbox.fetch(campaignsUrl, { headers }),
      ]) {
        expect(response.status).toBe(403)
        expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
        expect(await response.text()).toContain('<!doctype html>')
      }
    }
  })

  it('passes requests with it on to the token endpoint and the API', async () => {
    const { access_token } = await readBody(await requestClassyToken(sandbox, {}, integration))
    const headers = { ...integration, Authorization: `Bearer ${String(access_token)}` }
    expect((await sandbox.fetch(campaignsUrl, { headers })).status).toBe(200)
  })
})
