import { describe, expect, it } from 'vitest'
import { campaigns, classyOrganization, createSandbox } from '../src/index.ts'
import { askClassy, bodyOf, classyBase, getWithToken } from './requests.ts'

const exampleToken = 'f22d113d5bad4472c4bcb208f39c959b'
const campaignsUrl = `${classyBase}/2.0/organizations/${classyOrganization.id}/campaigns`

describe("Classy's token endpoint", () => {
  it("answers with the body of the documents' example", async () => {
    const sandbox = createSandbox({ randomId: () => exampleToken, classy: { queriesLog: false } })
    const answer = await askClassy(sandbox)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe(
      `{"access_token":"${exampleToken}","expires_in":3600,"token_type":"bearer"}`,
    )
  })

  it('answers with the headers and the body of the published collections', async () => {
    const sandbox = createSandbox({ randomId: () => exampleToken, classy: { accessTokenLifetime: 7200 } })
    const answer = await askClassy(sandbox)
    expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    expect(answer.headers.get('Cache-Control')).toBe('no-cache, private')
    expect(await answer.text()).toBe(
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
  ])('names the messages on a missing %s, as the published collections show', async (field, error) => {
    for (const value of [undefined, '']) {
      const answer = await askClassy(createSandbox(), { [field]: value })
      expect(answer.status).toBe(400)
      expect(await answer.text()).toBe(`{"error":${error},"queries_log":[]}`)
    }
  })

  it('names every field that is missing at once', async () => {
    const nothing = { grant_type: undefined, client_id: undefined, client_secret: undefined }
    const { error } = await bodyOf(await askClassy(createSandbox(), nothing))
    expect(Object.keys(error as object)).toEqual(['grant_type', 'client_id', 'secret_key', 'client_secret'])
  })

  it.each([
    ['invalid_client', { client_id: 'other' }],
    ['invalid_client', { client_secret: 'other' }],
    ['invalid_grant', { grant_type: 'refresh_token', refresh_token: 'other' }],
    ['unsupported_grant_type', { grant_type: 'implicit' }],
  ])('answers 400 with the text %s to %o', async (error, changed) => {
    const answer = await askClassy(createSandbox(), changed)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toBe(`{"error":"${error}"}`)
  })

  it('takes the secret under its other name, of which its messages tell', async () => {
    const answer = await askClassy(createSandbox(), {
      client_secret: undefined,
      secret_key: 'latchkey-demo-secret',
    })
    expect(answer.status).toBe(200)
  })

  it('reads no query', async () => {
    const query = 'grant_type=client_credentials&client_id=latchkey-demo-client'
    const answer = await createSandbox().fetch(`${classyBase}/oauth2/auth?${query}`, { method: 'POST' })
    expect(answer.status).toBe(400)
  })

  it('sends another body on demand', async () => {
    const sandbox = createSandbox({ classy: { transformBody: (body) => ({ ...body, expires_in: '43200' }) } })
    expect(await bodyOf(await askClassy(sandbox))).toMatchObject({ expires_in: '43200' })
  })

  it("refuses on demand as it refuses a wrong secret or a refresh token that isn't good", async () => {
    const sandbox = createSandbox()
    sandbox.faults.add({ kind: 'refuse', times: 2 })
    expect(await bodyOf(await askClassy(sandbox))).toEqual({ error: 'invalid_client' })
    expect(await bodyOf(await askClassy(sandbox, { grant_type: 'refresh_token' }))).toEqual({
      error: 'invalid_grant',
    })
  })
})

describe("Classy's refresh tokens", () => {
  const refreshing = (refreshToken: unknown): Record<string, string> => ({
    grant_type: 'refresh_token',
    refresh_token: String(refreshToken),
  })

  it('come only on demand', async () => {
    expect(await bodyOf(await askClassy(createSandbox()))).not.toHaveProperty('refresh_token')
  })

  it('work once and are replaced', async () => {
    const sandbox = createSandbox({ classy: { refreshTokens: true } })
    const first = await bodyOf(await askClassy(sandbox))
    const second = await bodyOf(await askClassy(sandbox, refreshing(first['refresh_token'])))
    expect(second['access_token']).not.toBe(first['access_token'])
    expect(second['refresh_token']).not.toBe(first['refresh_token'])
    expect((await getWithToken(second['access_token'], sandbox, campaignsUrl)).status).toBe(200)
    expect((await askClassy(sandbox, refreshing(first['refresh_token']))).status).toBe(400)
  })

  it('stay good, and are not sent again, when rotation is off', async () => {
    const sandbox = createSandbox({ classy: { refreshTokens: true, rotation: 'kept' } })
    const { refresh_token } = await bodyOf(await askClassy(sandbox))
    for (const attempt of [1, 2]) {
      const answer = await askClassy(sandbox, refreshing(refresh_token))
      expect(answer.status, `attempt ${attempt}`).toBe(200)
      expect(await bodyOf(answer)).not.toHaveProperty('refresh_token')
    }
  })

  it('need the client as every request does', async () => {
    const sandbox = createSandbox({ classy: { refreshTokens: true } })
    const { refresh_token } = await bodyOf(await askClassy(sandbox))
    const answer = await askClassy(sandbox, { ...refreshing(refresh_token), client_secret: 'other' })
    expect(await bodyOf(answer)).toEqual({ error: 'invalid_client' })
  })
})

describe("Classy's API", () => {
  it("lists the organization's campaigns in a page", async () => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await askClassy(sandbox))
    const answer = await getWithToken(access_token, sandbox, campaignsUrl)
    expect(answer.headers.get('Content-Type')).toBe('application/json')
    expect(await bodyOf(answer)).toMatchObject({ total: 8, current_page: 1, last_page: 1, data: campaigns })
  })

  it('tells of one campaign, and answers 404 for another as the published collections show', async () => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await askClassy(sandbox))
    const one = await getWithToken(access_token, sandbox, `${classyBase}/2.0/campaigns/301204`)
    expect(await bodyOf(one)).toEqual(campaigns[0])
    const other = await getWithToken(access_token, sandbox, `${classyBase}/2.0/campaigns/1`)
    expect(other.status).toBe(404)
    expect(await other.text()).toBe('{"error":"The resource cannot be found"}')
  })

  it('answers 401 to a missing, an unknown and an expired token, as the published collections show', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await bodyOf(await askClassy(sandbox))
    now = 3_599_999
    expect((await getWithToken(access_token, sandbox, campaignsUrl)).status).toBe(200)
    now = 3_600_000
    for (const token of [undefined, 'other', access_token]) {
      const answer = await getWithToken(token, sandbox, campaignsUrl)
      expect(answer.status).toBe(401)
      expect(await answer.text()).toBe(
        '{"error":"invalid_token","error_description":"The access token is invalid or has expired"}',
      )
    }
  })

  it('answers 403 with the permissions that are missing for another organization', async () => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await askClassy(sandbox))
    const answer = await getWithToken(access_token, sandbox, `${classyBase}/2.0/organizations/7/campaigns`)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toBe(
      '{"error":"This action is unauthorized.","permissions":[{"action":"fetch","entity":"organization"}]}',
    )
  })

  it('ends its tokens with expireAccessTokens() and revokeAll()', async () => {
    const sandbox = createSandbox()
    for (const end of [sandbox.expireAccessTokens, sandbox.revokeAll]) {
      const { access_token } = await bodyOf(await askClassy(sandbox))
      expect((await getWithToken(access_token, sandbox, campaignsUrl)).status).toBe(200)
      end()
      expect((await getWithToken(access_token, sandbox, campaignsUrl)).status).toBe(401)
    }
  })
})

describe("Classy's edge", () => {
  const integration = { 'x-integration-id': 'latchkey' }
  const sandbox = createSandbox({ classy: { integrationId: 'latchkey' } })

  it('answers a page, 403, to a request without the right x-integration-id', async () => {
    for (const headers of [{}, { 'x-integration-id': 'other' }]) {
      for (const answer of [
        await askClassy(sandbox, {}, headers),
        await sandbox.fetch(campaignsUrl, { headers }),
      ]) {
        expect(answer.status).toBe(403)
        expect(answer.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
        expect(await answer.text()).toContain('<!doctype html>')
      }
    }
  })

  it('lets a request with it pass, to the token endpoint and to the API', async () => {
    const { access_token } = await bodyOf(await askClassy(sandbox, {}, integration))
    const headers = { ...integration, Authorization: `Bearer ${String(access_token)}` }
    expect((await sandbox.fetch(campaignsUrl, { headers })).status).toBe(200)
  })
})
