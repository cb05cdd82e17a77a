import { describe, expect, it } from 'vitest'
import { createSandbox, fundSummaries, noor } from '../src/index.ts'
import {
  requestClassToken,
  requestFunds,
  createBasicHeader,
  readBody,
  classBase,
  createRefreshFields,
  createSignInFields,
  requestClassTokens,
} from './requests.ts'

const exampleScope = 'target:b/OAUTH_TEST offline_access business.fund.create fund.read'

describe("Class's token endpoint", () => {
  it("responds with the documented example's headers and body", async () => {
    const sandbox = createSandbox({ randomId: () => 'CBfgN5Z5...', class: { refreshTokens: false } })
    const response = await requestClassToken(sandbox, createSignInFields({ scope: exampleScope }))
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'no-cache',
      'content-length': '145',
      'content-type': 'application/json;charset=UTF-8',
      pragma: 'no-cache',
    })
    expect(await response.text()).toBe(
      `{"access_token":"CBfgN5Z5...","token_type":"bearer","expires_in":899,"scope":"${exampleScope}"}`,
    )
  })

  it('responds with the other documented example, which has a string and a refresh token', async () => {
    const ids = ['9e0fccdb-ec4f-4e6a-ae60-83ad66be9547', 'CBfgN5Z5...']
    const sandbox = createSandbox({ randomId: () => ids.pop() ?? '', class: { expiresIn: 'string' } })
    const response = await requestClassToken(sandbox, createSignInFields({ scope: exampleScope }), {
      Authorization: createBasicHeader(),
    })
    expect(await response.text()).toBe(
      `{"access_token":"CBfgN5Z5...","token_type":"bearer","expires_in":"899","scope":"${exampleScope}",` +
        `"refresh_token":"9e0fccdb-ec4f-4e6a-ae60-83ad66be9547",` +
        `"BusinessName":"OAuth Test Business","BusinessCode":"OAUTH_TEST"}`,
    )
  })

  it.each([
    ['a wrong secret', createBasicHeader('latchkey-demo-client:wrong')],
    ['a scheme in lower case', createBasicHeader().replace('Basic', 'basic')],
    ['another scheme', 'Bearer latchkey-demo-client'],
  ])('rejects %s as documented', async (_, authorization) => {
    const response = await requestClassToken(createSandbox(), createSignInFields(), {
      Authorization: authorization,
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toBe(
      '{"error":"invalid_client","error_description":"Client authentication failed"}',
    )
  })

  it('requires client authentication only when configured', async () => {
    const strict = createSandbox({ class: { clientAuthentication: 'required' } })
    expect((await requestClassToken(createSandbox(), createSignInFields())).status).toBe(200)
    expect((await requestClassToken(strict, createSignInFields())).status).toBe(400)
    expect(
      (await requestClassToken(strict, createSignInFields(), { Authorization: createBasicHeader() })).status,
    ).toBe(200)
  })

  it.each([
    ['invalid_grant', { password: 'wrong' }],
    ['invalid_grant', { username: 'nobody' }],
    ['invalid_request', { password: undefined }],
    ['invalid_request', { grant_type: undefined }],
    ['unsupported_grant_type', { grant_type: 'client_credentials' }],
    ['invalid_scope', { scope: 'fund.read' }],
    ['invalid_scope', { scope: 'target:b/OTHER fund.read' }],
  ])('responds with 400 %s to %o', async (error, changes) => {
    const response = await requestClassToken(createSandbox(), createSignInFields(changes))
    expect(response.status).toBe(400)
    expect(await readBody(response)).toEqual({ error, error_description: expect.any(String) as string })
  })

  it('accepts a password with spaces, +, &, =, % and non-ASCII characters', async () => {
    expect((await requestClassToken(createSandbox(), createSignInFields({}, noor))).status).toBe(200)
    expect(
      (await requestClassToken(createSandbox(), createSignInFields({ password: noor.password.trim() }, noor)))
        .status,
    ).toBe(400)
  })

  it('reads neither a query nor JSON', async () => {
    const { fetch } = createSandbox()
    const fields = createSignInFields()
    const endpoint = `${classBase}/connect/token`
    const asJson = {
      method: 'POST',
      body: JSON.stringify(fields),
      headers: { 'Content-Type': 'application/json' },
    }
    expect(
      (await fetch(`${endpoint}?${String(new URLSearchParams(fields as Record<string, string>))}`)).status,
    ).toBe(405)
    expect((await fetch(endpoint, asJson)).status).toBe(400)
  })

  it('grants the known part of the requested scope', async () => {
    const { scope } = await requestClassTokens(createSandbox(), 'target:b/OAUTH_TEST fund.read fund.destroy')
    expect(scope).toBe('target:b/OAUTH_TEST fund.read')
  })

  it('grants the scope that grantScope returns', async () => {
    const sandbox = createSandbox({
      class: { grantScope: (scope) => scope.filter((value) => value !== 'fund.read') },
    })
    expect((await requestClassTokens(sandbox, exampleScope))['scope']).not.toContain('fund.read')
  })

  it('omits expires_in when configured', async () => {
    expect(await requestClassTokens(createSandbox({ class: { expiresIn: 'absent' } }))).not.toHaveProperty(
      'expires_in',
    )
  })

  it('sends a refresh token only for offline_access', async () => {
    const tokens = await requestClassTokens(createSandbox(), 'target:b/OAUTH_TEST fund.read')
    expect(tokens).not.toHaveProperty('refresh_token')
  })
})

describe("Class's refresh tokens", () => {
  it('work once and are replaced', async () => {
    const sandbox = createSandbox()
    const first = await requestClassTokens(sandbox)
    const second = await readBody(
      await requestClassToken(sandbox, createRefreshFields(first['refresh_token'])),
    )
    expect(second['access_token']).not.toBe(first['access_token'])
    expect(second['refresh_token']).not.toBe(first['refresh_token'])
    expect(second['scope']).toBe(exampleScope)
    expect((await requestFunds(sandbox, second['access_token'])).status).toBe(200)
    expect((await requestClassToken(sandbox, createRefreshFields(second['refresh_token']))).status).toBe(200)
  })

  it('are revoked with all tokens since the sign-in when one is reused', async () => {
    const sandbox = createSandbox()
    const otherSignIn = await requestClassTokens(sandbox)
    const first = await requestClassTokens(sandbox)
    const second = await readBody(
      await requestClassToken(sandbox, createRefreshFields(first['refresh_token'])),
    )
    const reuse = await requestClassToken(sandbox, createRefreshFields(first['refresh_token']))
    expect(reuse.status).toBe(400)
    expect(await readBody(reuse)).toMatchObject({ error: 'invalid_grant' })
    expect((await requestFunds(sandbox, second['access_token'])).status).toBe(401)
    expect((await requestClassToken(sandbox, createRefreshFields(second['refresh_token']))).status).toBe(400)
    expect((await requestFunds(sandbox, otherSignIn['access_token'])).status).toBe(200)
  })

  it('stay valid, and are not sent again, when rotation is off', async () => {
    const sandbox = createSandbox({ class: { rotation: 'kept' } })
    const { refresh_token } = await requestClassTokens(sandbox)
    for (const attempt of [1, 2]) {
      const response = await requestClassToken(sandbox, createRefreshFields(refresh_token))
      expect(response.status, `attempt ${attempt}`).toBe(200)
      expect(await readBody(response)).not.toHaveProperty('refresh_token')
    }
  })

  it('can reduce the scope but not extend it', async () => {
    const sandbox = createSandbox()
    const { refresh_token } = await requestClassTokens(
      sandbox,
      'target:b/OAUTH_TEST offline_access fund.read',
    )
    const response = await requestClassToken(
      sandbox,
      createRefreshFields(refresh_token, 'target:b/OAUTH_TEST fund.maintain'),
    )
    expect(await readBody(response)).toMatchObject({ scope: 'target:b/OAUTH_TEST' })
  })

  it('expire after 30 days', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { refresh_token } = await requestClassTokens(sandbox)
    now = 30 * 24 * 60 * 60 * 1000
    expect((await requestClassToken(sandbox, createRefreshFields(refresh_token))).status).toBe(400)
  })

  it('survive expireAccessTokens() but not revokeAll()', async () => {
    const sandbox = createSandbox()
    const first = await requestClassTokens(sandbox)
    sandbox.expireAccessTokens()
    expect((await requestFunds(sandbox, first['access_token'])).status).toBe(401)
    const second = await readBody(
      await requestClassToken(sandbox, createRefreshFields(first['refresh_token'])),
    )
    expect((await requestFunds(sandbox, second['access_token'])).status).toBe(200)
    sandbox.revokeAll()
    expect((await requestFunds(sandbox, second['access_token'])).status).toBe(401)
    expect((await requestClassToken(sandbox, createRefreshFields(second['refresh_token']))).status).toBe(400)
  })
})

describe("Class's API", () => {
  it('lists a dozen funds', async () => {
    const sandbox = createSandbox()
    const { access_token } = await requestClassTokens(sandbox)
    const response = await requestFunds(sandbox, access_token)
    expect(await readBody(response)).toEqual({ Errors: [], Data: fundSummaries })
    expect(fundSummaries).toHaveLength(12)
  })

  it.each([{ Accept: '*/*' }, { Accept: 'application/xml' }, { Accept: '' }])(
    'responds in XML to %o',
    async (headers) => {
      const sandbox = createSandbox()
      const { access_token } = await requestClassTokens(sandbox)
      const response = await requestFunds(sandbox, access_token, headers)
      expect(response.headers.get('Content-Type')).toBe('application/xml; charset=utf-8')
      expect(await response.text()).toContain('<Name>Calder &amp; Sons Super Fund</Name>')
    },
  )

  it('responds with 406 to a caller that accepts neither XML nor JSON', async () => {
    const sandbox = createSandbox()
    const { access_token } = await requestClassTokens(sandbox)
    expect((await requestFunds(sandbox, access_token, { Accept: 'text/csv' })).status).toBe(406)
  })

  it('responds with 501 to an unknown version of the action', async () => {
    const sandbox = createSandbox()
    const { access_token } = await requestClassTokens(sandbox)
    const headers = { Accept: 'application/vnd.superip.action.v2+json' }
    expect((await requestFunds(sandbox, access_token, headers)).status).toBe(501)
  })

  it('responds with 401 in its envelope to a missing, an unknown and an expired token', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await requestClassTokens(sandbox)
    const rejection = { Errors: [{ Code: 'API_NOT_AUTHORISED', Message: 'Not authorised' }], Data: {} }
    now = 899_000
    for (const authorization of ['', 'Bearer other', `Bearer ${String(access_token)}`]) {
      const response = await requestFunds(sandbox, '', { Authorization: authorization })
      expect(response.status).toBe(401)
      expect(await readBody(response)).toEqual(rejection)
    }
  })

  it('responds with 401 to a lower-case bearer although token_type is lower-case', async () => {
    const sandbox = createSandbox()
    const { access_token, token_type } = await requestClassTokens(sandbox)
    const headers = { Authorization: `${String(token_type)} ${String(access_token)}` }
    expect((await requestFunds(sandbox, access_token, headers)).status).toBe(401)
  })

  it('responds with 401 to an insufficient scope, and with 404 to another business', async () => {
    const sandbox = createSandbox()
    const { access_token: withoutList } = await requestClassTokens(
      sandbox,
      'target:b/OAUTH_TEST fund.member.read',
    )
    const { access_token: withList } = await requestClassTokens(
      sandbox,
      'target:b/OAUTH_TEST business.fund.list',
    )
    expect((await requestFunds(sandbox, withoutList)).status).toBe(401)
    expect((await requestFunds(sandbox, withList, {}, 'OTHER')).status).toBe(404)
    expect((await requestFunds(sandbox, withList)).status).toBe(200)
  })
})

describe("Class's rate limit", () => {
  function readRateLimit(response: Response): (string | null)[] {
    return ['X-RateLimit-1Min-Remaining', 'X-RateLimit-ResetAfter'].map((name) => response.headers.get(name))
  }

  it('is 500 calls a minute, and every API response has the remaining number', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await requestClassTokens(sandbox)
    expect(readRateLimit(await requestFunds(sandbox, access_token))).toEqual(['499', '60'])
    now = 12_500
    expect(readRateLimit(await requestFunds(sandbox, 'other'))).toEqual(['498', '48'])
    now = 60_000
    expect(readRateLimit(await requestFunds(sandbox, access_token))).toEqual(['499', '60'])
  })

  it('responds with 429 without Retry-After until the minute is over', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now, class: { callsPerMinute: 2 } })
    const { access_token } = await requestClassTokens(sandbox)
    expect((await requestFunds(sandbox, access_token)).status).toBe(200)
    expect((await requestFunds(sandbox, access_token)).status).toBe(200)
    now = 59_001
    const limited = await requestFunds(sandbox, access_token)
    expect(limited.status).toBe(429)
    expect(readRateLimit(limited)).toEqual(['0', '1'])
    expect(limited.headers.has('Retry-After')).toBe(false)
    now = 60_000
    expect((await requestFunds(sandbox, access_token)).status).toBe(200)
  })

  it('does not count token requests', async () => {
    const sandbox = createSandbox({ class: { callsPerMinute: 1 } })
    const { access_token } = await requestClassTokens(sandbox)
    expect((await requestFunds(sandbox, access_token)).status).toBe(200)
    expect((await requestClassToken(sandbox, createSignInFields())).status).toBe(200)
  })
})

describe("Class's OpenID Connect", () => {
  it('names its endpoints below the requested base URL', async () => {
    const { fetch } = createSandbox()
    expect(await readBody(await fetch(`${classBase}/.well-known/openid-configuration`))).toMatchObject({
      issuer: classBase,
      token_endpoint: `${classBase}/connect/token`,
      userinfo_endpoint: `${classBase}/api/1.0/u/connect/userinfo`,
      jwks_uri: `${classBase}/.well-known/jwks`,
    })
  })

  it('describes the user when the scope contains openid', async () => {
    const { fetch, ...sandbox } = createSandbox()
    const { access_token } = await requestClassTokens({ fetch, ...sandbox }, 'openid email')
    const headers = { Authorization: `Bearer ${String(access_token)}` }
    expect(await readBody(await fetch(`${classBase}/api/1.0/u/connect/userinfo`, { headers }))).toMatchObject(
      {
        sub: '7',
        email: 'Cathy.Oreilly@mycompany.com',
      },
    )
  })

  it('signs an ID Token that its published key verifies', async () => {
    const sandbox = createSandbox({ now: () => 1_800_000_000_000 })
    const { id_token } = await requestClassTokens(sandbox, 'openid')
    const [header = '', claims = '', signature = ''] = String(id_token).split('.')
    const { keys } = (await readBody(await sandbox.fetch(`${classBase}/.well-known/jwks`))) as {
      keys: [JsonWebKey]
    }
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('jwk', keys[0], algorithm, false, ['verify'])
    const signed = [Buffer.from(signature, 'base64url'), Buffer.from(`${header}.${claims}`)] as const
    expect(await crypto.subtle.verify(algorithm, key, ...signed)).toBe(true)
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: classBase,
      aud: 'latchkey-demo-client',
      sub: '7',
      iat: 1_800_000_000,
    })
  })
})
