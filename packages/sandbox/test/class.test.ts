import { describe, expect, it } from 'vitest'
import { createSandbox, fundSummaries, noor } from '../src/index.ts'
import {
  requestClassToken,
  askForFunds,
  basic,
  bodyOf,
  classBase,
  refreshing,
  signingIn,
  tokensFromClass,
} from './requests.ts'

const exampleScope = 'target:b/OAUTH_TEST offline_access business.fund.create fund.read'

describe("Class's token endpoint", () => {
  it("answers with the headers and the body of the documents' example", async () => {
    const sandbox = createSandbox({ randomId: () => 'CBfgN5Z5...', class: { refreshTokens: false } })
    const answer = await requestClassToken(sandbox, signingIn({ scope: exampleScope }))
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toEqual({
      'cache-control': 'no-cache',
      'content-length': '145',
      'content-type': 'application/json;charset=UTF-8',
      pragma: 'no-cache',
    })
    expect(await answer.text()).toBe(
      `{"access_token":"CBfgN5Z5...","token_type":"bearer","expires_in":899,"scope":"${exampleScope}"}`,
    )
  })

  it("answers with the documents' other example, which has a string and a refresh token", async () => {
    const ids = ['9e0fccdb-ec4f-4e6a-ae60-83ad66be9547', 'CBfgN5Z5...']
    const sandbox = createSandbox({ randomId: () => ids.pop() ?? '', class: { expiresIn: 'string' } })
    const answer = await requestClassToken(sandbox, signingIn({ scope: exampleScope }), {
      Authorization: basic(),
    })
    expect(await answer.text()).toBe(
      `{"access_token":"CBfgN5Z5...","token_type":"bearer","expires_in":"899","scope":"${exampleScope}",` +
        `"refresh_token":"9e0fccdb-ec4f-4e6a-ae60-83ad66be9547",` +
        `"BusinessName":"OAuth Test Business","BusinessCode":"OAUTH_TEST"}`,
    )
  })

  it.each([
    ['a wrong secret', basic('latchkey-demo-client:wrong')],
    ['a scheme in lower case', basic().replace('Basic', 'basic')],
    ['another scheme', 'Bearer latchkey-demo-client'],
  ])("refuses %s as the documents' example shows", async (_, authorization) => {
    const answer = await requestClassToken(createSandbox(), signingIn(), { Authorization: authorization })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toBe(
      '{"error":"invalid_client","error_description":"Client authentication failed"}',
    )
  })

  it('asks for client authentication only when told to', async () => {
    const strict = createSandbox({ class: { clientAuthentication: 'required' } })
    expect((await requestClassToken(createSandbox(), signingIn())).status).toBe(200)
    expect((await requestClassToken(strict, signingIn())).status).toBe(400)
    expect((await requestClassToken(strict, signingIn(), { Authorization: basic() })).status).toBe(200)
  })

  it.each([
    ['invalid_grant', { password: 'wrong' }],
    ['invalid_grant', { username: 'nobody' }],
    ['invalid_request', { password: undefined }],
    ['invalid_request', { grant_type: undefined }],
    ['unsupported_grant_type', { grant_type: 'client_credentials' }],
    ['invalid_scope', { scope: 'fund.read' }],
    ['invalid_scope', { scope: 'target:b/OTHER fund.read' }],
  ])('answers 400 %s to %o', async (error, changed) => {
    const answer = await requestClassToken(createSandbox(), signingIn(changed))
    expect(answer.status).toBe(400)
    expect(await bodyOf(answer)).toEqual({ error, error_description: expect.any(String) as string })
  })

  it('takes a password with spaces, +, &, =, % and characters beyond ASCII as it is', async () => {
    expect((await requestClassToken(createSandbox(), signingIn({}, noor))).status).toBe(200)
    expect(
      (await requestClassToken(createSandbox(), signingIn({ password: noor.password.trim() }, noor))).status,
    ).toBe(400)
  })

  it('reads neither a query nor JSON', async () => {
    const { fetch } = createSandbox()
    const fields = signingIn()
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

  it('grants what it knows of the scope, and tells so', async () => {
    const { scope } = await tokensFromClass(createSandbox(), 'target:b/OAUTH_TEST fund.read fund.destroy')
    expect(scope).toBe('target:b/OAUTH_TEST fund.read')
  })

  it('grants another scope on demand', async () => {
    const sandbox = createSandbox({
      class: { grantScope: (scope) => scope.filter((value) => value !== 'fund.read') },
    })
    expect((await tokensFromClass(sandbox, exampleScope))['scope']).not.toContain('fund.read')
  })

  it('leaves expires_in out on demand', async () => {
    expect(await tokensFromClass(createSandbox({ class: { expiresIn: 'absent' } }))).not.toHaveProperty(
      'expires_in',
    )
  })

  it('sends a refresh token only for offline_access', async () => {
    const tokens = await tokensFromClass(createSandbox(), 'target:b/OAUTH_TEST fund.read')
    expect(tokens).not.toHaveProperty('refresh_token')
  })
})

describe("Class's refresh tokens", () => {
  it('work once and are replaced', async () => {
    const sandbox = createSandbox()
    const first = await tokensFromClass(sandbox)
    const second = await bodyOf(await requestClassToken(sandbox, refreshing(first['refresh_token'])))
    expect(second['access_token']).not.toBe(first['access_token'])
    expect(second['refresh_token']).not.toBe(first['refresh_token'])
    expect(second['scope']).toBe(exampleScope)
    expect((await askForFunds(sandbox, second['access_token'])).status).toBe(200)
    expect((await requestClassToken(sandbox, refreshing(second['refresh_token']))).status).toBe(200)
  })

  it('revoke everything issued since the sign-in when a used one comes back', async () => {
    const sandbox = createSandbox()
    const other = await tokensFromClass(sandbox)
    const first = await tokensFromClass(sandbox)
    const second = await bodyOf(await requestClassToken(sandbox, refreshing(first['refresh_token'])))
    const reuse = await requestClassToken(sandbox, refreshing(first['refresh_token']))
    expect(reuse.status).toBe(400)
    expect(await bodyOf(reuse)).toMatchObject({ error: 'invalid_grant' })
    expect((await askForFunds(sandbox, second['access_token'])).status).toBe(401)
    expect((await requestClassToken(sandbox, refreshing(second['refresh_token']))).status).toBe(400)
    expect((await askForFunds(sandbox, other['access_token'])).status).toBe(200)
  })

  it('stay good, and are not sent again, when rotation is off', async () => {
    const sandbox = createSandbox({ class: { rotation: 'kept' } })
    const { refresh_token } = await tokensFromClass(sandbox)
    for (const attempt of [1, 2]) {
      const answer = await requestClassToken(sandbox, refreshing(refresh_token))
      expect(answer.status, `attempt ${attempt}`).toBe(200)
      expect(await bodyOf(answer)).not.toHaveProperty('refresh_token')
    }
  })

  it('give a smaller scope when asked, and never a larger one', async () => {
    const sandbox = createSandbox()
    const { refresh_token } = await tokensFromClass(sandbox, 'target:b/OAUTH_TEST offline_access fund.read')
    const answer = await requestClassToken(
      sandbox,
      refreshing(refresh_token, 'target:b/OAUTH_TEST fund.maintain'),
    )
    expect(await bodyOf(answer)).toMatchObject({ scope: 'target:b/OAUTH_TEST' })
  })

  it('expire after 30 days', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { refresh_token } = await tokensFromClass(sandbox)
    now = 30 * 24 * 60 * 60 * 1000
    expect((await requestClassToken(sandbox, refreshing(refresh_token))).status).toBe(400)
  })

  it('survive expireAccessTokens() and end with revokeAll()', async () => {
    const sandbox = createSandbox()
    const first = await tokensFromClass(sandbox)
    sandbox.expireAccessTokens()
    expect((await askForFunds(sandbox, first['access_token'])).status).toBe(401)
    const second = await bodyOf(await requestClassToken(sandbox, refreshing(first['refresh_token'])))
    expect((await askForFunds(sandbox, second['access_token'])).status).toBe(200)
    sandbox.revokeAll()
    expect((await askForFunds(sandbox, second['access_token'])).status).toBe(401)
    expect((await requestClassToken(sandbox, refreshing(second['refresh_token']))).status).toBe(400)
  })
})

describe("Class's API", () => {
  it('lists a dozen funds', async () => {
    const sandbox = createSandbox()
    const { access_token } = await tokensFromClass(sandbox)
    const answer = await askForFunds(sandbox, access_token)
    expect(await bodyOf(answer)).toEqual({ Errors: [], Data: fundSummaries })
    expect(fundSummaries).toHaveLength(12)
  })

  it.each([{ Accept: '*/*' }, { Accept: 'application/xml' }, { Accept: '' }])(
    'speaks XML to %o',
    async (headers) => {
      const sandbox = createSandbox()
      const { access_token } = await tokensFromClass(sandbox)
      const answer = await askForFunds(sandbox, access_token, headers)
      expect(answer.headers.get('Content-Type')).toBe('application/xml; charset=utf-8')
      expect(await answer.text()).toContain('<Name>Calder &amp; Sons Super Fund</Name>')
    },
  )

  it('answers 406 to a caller that accepts neither', async () => {
    const sandbox = createSandbox()
    const { access_token } = await tokensFromClass(sandbox)
    expect((await askForFunds(sandbox, access_token, { Accept: 'text/csv' })).status).toBe(406)
  })

  it('answers 501 to a version of the action that there is not', async () => {
    const sandbox = createSandbox()
    const { access_token } = await tokensFromClass(sandbox)
    const headers = { Accept: 'application/vnd.superip.action.v2+json' }
    expect((await askForFunds(sandbox, access_token, headers)).status).toBe(501)
  })

  it('answers 401 in its envelope to a missing, an unknown and an expired token', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await tokensFromClass(sandbox)
    const refusal = { Errors: [{ Code: 'API_NOT_AUTHORISED', Message: 'Not authorised' }], Data: {} }
    now = 899_000
    for (const authorization of ['', 'Bearer other', `Bearer ${String(access_token)}`]) {
      const answer = await askForFunds(sandbox, '', { Authorization: authorization })
      expect(answer.status).toBe(401)
      expect(await bodyOf(answer)).toEqual(refusal)
    }
  })

  it('answers 401 to a bearer in lower case, which its own token_type suggests', async () => {
    const sandbox = createSandbox()
    const { access_token, token_type } = await tokensFromClass(sandbox)
    const headers = { Authorization: `${String(token_type)} ${String(access_token)}` }
    expect((await askForFunds(sandbox, access_token, headers)).status).toBe(401)
  })

  it('answers 401 when the scope is too small, and 404 when the target is another business', async () => {
    const sandbox = createSandbox()
    const { access_token: small } = await tokensFromClass(sandbox, 'target:b/OAUTH_TEST fund.member.read')
    const { access_token: right } = await tokensFromClass(sandbox, 'target:b/OAUTH_TEST business.fund.list')
    expect((await askForFunds(sandbox, small)).status).toBe(401)
    expect((await askForFunds(sandbox, right, {}, 'OTHER')).status).toBe(404)
    expect((await askForFunds(sandbox, right)).status).toBe(200)
  })
})

describe("Class's rate limit", () => {
  function allowance(answer: Response): (string | null)[] {
    return ['X-RateLimit-1Min-Remaining', 'X-RateLimit-ResetAfter'].map((name) => answer.headers.get(name))
  }

  it('is 500 calls a minute, and every answer of the API tells what is left', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await tokensFromClass(sandbox)
    expect(allowance(await askForFunds(sandbox, access_token))).toEqual(['499', '60'])
    now = 12_500
    expect(allowance(await askForFunds(sandbox, 'other'))).toEqual(['498', '48'])
    now = 60_000
    expect(allowance(await askForFunds(sandbox, access_token))).toEqual(['499', '60'])
  })

  it('answers 429 without Retry-After when it is used up, until the minute is over', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now, class: { callsPerMinute: 2 } })
    const { access_token } = await tokensFromClass(sandbox)
    expect((await askForFunds(sandbox, access_token)).status).toBe(200)
    expect((await askForFunds(sandbox, access_token)).status).toBe(200)
    now = 59_001
    const limited = await askForFunds(sandbox, access_token)
    expect(limited.status).toBe(429)
    expect(allowance(limited)).toEqual(['0', '1'])
    expect(limited.headers.has('Retry-After')).toBe(false)
    now = 60_000
    expect((await askForFunds(sandbox, access_token)).status).toBe(200)
  })

  it('does not count token requests', async () => {
    const sandbox = createSandbox({ class: { callsPerMinute: 1 } })
    const { access_token } = await tokensFromClass(sandbox)
    expect((await askForFunds(sandbox, access_token)).status).toBe(200)
    expect((await requestClassToken(sandbox, signingIn())).status).toBe(200)
  })
})

describe("Class's OpenID Connect", () => {
  it('names its endpoints where it is asked', async () => {
    const { fetch } = createSandbox()
    expect(await bodyOf(await fetch(`${classBase}/.well-known/openid-configuration`))).toMatchObject({
      issuer: classBase,
      token_endpoint: `${classBase}/connect/token`,
      userinfo_endpoint: `${classBase}/api/1.0/u/connect/userinfo`,
      jwks_uri: `${classBase}/.well-known/jwks`,
    })
  })

  it('tells who the user is, when openid was granted', async () => {
    const { fetch, ...sandbox } = createSandbox()
    const { access_token } = await tokensFromClass({ fetch, ...sandbox }, 'openid email')
    const headers = { Authorization: `Bearer ${String(access_token)}` }
    expect(await bodyOf(await fetch(`${classBase}/api/1.0/u/connect/userinfo`, { headers }))).toMatchObject({
      sub: '7',
      email: 'Cathy.Oreilly@mycompany.com',
    })
  })

  it('signs an ID Token that its published key verifies', async () => {
    const sandbox = createSandbox({ now: () => 1_800_000_000_000 })
    const { id_token } = await tokensFromClass(sandbox, 'openid')
    const [header = '', claims = '', signature = ''] = String(id_token).split('.')
    const { keys } = (await bodyOf(await sandbox.fetch(`${classBase}/.well-known/jwks`))) as {
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
