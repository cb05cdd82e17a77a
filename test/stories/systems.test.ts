import type { BffOptions, ProviderDescription } from '@latchkey/bff'
import { createBff, defineProvider } from '@latchkey/bff'
import { axosoft, brightPattern, classSuper, classy } from '@latchkey/bff/providers'
import type { Sandbox, SandboxOptions } from '@latchkey/sandbox'
import { cathy, classyOrganization, createSandbox, demoClient, demoTenant } from '@latchkey/sandbox'
import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { errorResponseSchema, sessionResponseSchema } from '../../packages/bff/src/wire-schemas.ts'
import { describe, expect, it } from 'vitest'

const sandboxOrigin = 'https://sandbox.test'
const pageOrigin = 'https://portal.test'
const { username, password } = cathy

interface BffResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A page with a BFF for one of the documented systems. The test moves the clock. */
interface SystemPage {
  readonly sandbox: Sandbox
  readonly log: string[]
  readonly advanceClock: (seconds: number) => void
  readonly send: (method: string, path: string, body?: unknown) => Promise<BffResponse>
  readonly signIn: (credentials?: Record<string, string>, members?: object) => Promise<BffResponse>
  /** Requests a token newer than the page's token. */
  readonly refresh: () => Promise<BffResponse>
  /** Lists the grants that the token endpoint received, in order. */
  readonly listGrants: () => unknown[]
}

function openPage(
  provider: ProviderDescription,
  options: Partial<BffOptions> = {},
  sandboxOptions: SandboxOptions = {},
): SystemPage {
  let now = Date.now()
  let cookie = ''
  let lastSession: ReturnType<typeof sessionResponseSchema.parse> | null = null
  const sandbox = createSandbox({ now: () => now, ...sandboxOptions })
  const log: string[] = []
  const writeLog = (line: string): void => void log.push(line)
  const { fetch } = sandbox
  const bff = createBff({
    provider,
    logger: { info: writeLog, warn: writeLog, error: writeLog },
    ...options,
    platform: { fetch: (input, init) => fetch(input, init), now: () => now, ...options.platform },
  })

  async function send(method: string, path: string, body?: unknown): Promise<BffResponse> {
    const response = await bff.fetch(
      new Request(`${pageOrigin}${path}`, {
        method,
        headers: {
          [csrfHeader]: csrfHeaderValue,
          'Sec-Fetch-Site': 'same-origin',
          ...(method !== 'GET' && { Origin: pageOrigin }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(cookie !== '' && { Cookie: cookie }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    cookie = response.headers.get('Set-Cookie')?.split(';')[0] ?? cookie
    const text = await response.text()
    const session =
      path.startsWith('/auth') && response.ok && text !== ''
        ? sessionResponseSchema.parse(JSON.parse(text))
        : null
    lastSession = session ?? lastSession
    return { status: response.status, headers: response.headers, text }
  }

  return {
    sandbox,
    log,
    advanceClock: (seconds) => void (now += seconds * 1000),
    send,
    signIn: (credentials = { username, password }, members = {}) =>
      send('POST', '/auth/session', { credentials, ...members }),
    refresh: () =>
      send('POST', '/auth/token', {
        session_id: lastSession?.session?.session_id,
        after: lastSession?.token?.sequence ?? 1,
      }),
    listGrants: () => sandbox.requests.all({ kind: 'token' }).map(({ grant }) => grant),
  }
}

const parseBody = ({ text }: BffResponse): unknown => JSON.parse(text)
const parseSession = ({ text }: BffResponse): ReturnType<typeof sessionResponseSchema.parse> =>
  sessionResponseSchema.parse(JSON.parse(text))
const parseError = ({ text }: BffResponse): ReturnType<typeof errorResponseSchema.parse> =>
  errorResponseSchema.parse(JSON.parse(text))

/** Creates a platform that responds to every token request with this body, byte for byte. */
const respondWith = (body: string, status = 200): Required<Pick<BffOptions, 'platform'>> => ({
  platform: {
    fetch: async () => new Response(body, { status, headers: { 'Content-Type': 'application/json' } }),
  },
})

const { clientId, clientSecret } = demoClient
const classOptions = {
  clientId,
  clientSecret,
  business: 'OAUTH_TEST',
  discovery: `${sandboxOrigin}/class`,
  tokenEndpoint: `${sandboxOrigin}/class/connect/token/`,
  api: `${sandboxOrigin}/class/api/1.0`,
}
const scope = ['offline_access', 'fund.read']
const axosoftOptions = { site: `${sandboxOrigin}/axosoft`, clientId, clientSecret }
const classyOptions = { site: `${sandboxOrigin}/classy`, clientId, clientSecret }
const brightPatternOptions = { tenant: demoTenant, site: `${sandboxOrigin}/bright-pattern` }
const brightPatternCredentials = { client_id: cathy.username, client_secret: cathy.apiSecret }
const authorize = (): { subject: string } => ({ subject: 'office' })

describe('the descriptions of the four systems', () => {
  it.each([
    ['Class', classSuper({ ...classOptions, scope })],
    ['Classy', classy({ ...classyOptions, integrationId: 'i' })],
    ['Axosoft', axosoft(axosoftOptions)],
    ['Bright Pattern', brightPattern({ ...brightPatternOptions, keepApiSecret: true })],
  ])('of %s is plain data and has no hook', (_, description) => {
    const copy = JSON.parse(JSON.stringify(description)) as ProviderDescription
    expect(copy).toEqual(description)
    expect(() => defineProvider(copy)).not.toThrow()
  })
})

describe('Class', () => {
  const provider = classSuper({ ...classOptions, scope })

  it('signs in at the discovered endpoint with Basic for one business, and refreshes repeatedly', async () => {
    const page = openPage(provider)
    expect(parseSession(await page.signIn())).toMatchObject({
      session: { scope: ['target:b/OAUTH_TEST', 'offline_access', 'fund.read'] },
      token: { token_type: 'Bearer', expires_in: 899, sequence: 1 },
    })
    for (const sequence of [2, 3]) {
      page.advanceClock(890)
      expect(parseSession(await page.refresh()).token).toMatchObject({ sequence, expires_in: 899 })
    }
    expect(page.listGrants()).toEqual(['password', 'refresh_token', 'refresh_token'])
    expect(page.sandbox.requests.count({ kind: 'discovery' })).toBe(1)
    expect(page.sandbox.requests.count({ path: '/class/connect/token' })).toBe(3)
  })

  it("reads the documentation's example, where offline_access returns no refresh token", async () => {
    const { discovery: _discovery, ...classOptionsWithoutDiscovery } = classOptions
    const page = openPage(
      classSuper({ ...classOptionsWithoutDiscovery, scope: [...scope, 'business.fund.create'] }),
      respondWith(`{
"access_token":"CBfgN5Z5...",
"token_type":"bearer",
"expires_in":899,
"scope":"target:b/OAUTH_TEST offline_access business.fund.create fund.read"
}`),
    )
    expect(parseSession(await page.signIn())).toMatchObject({
      session: { scope: ['target:b/OAUTH_TEST', 'offline_access', 'business.fund.create', 'fund.read'] },
      token: { access_token: 'CBfgN5Z5...', token_type: 'Bearer', expires_in: 899 },
    })
    page.advanceClock(899)
    expect(parseError(await page.refresh())).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
  })

  it('reads a lifetime of "899" as text, and returns the business as the user', async () => {
    const page = openPage(provider, {}, { class: { expiresIn: 'string' } })
    expect(parseSession(await page.signIn())).toMatchObject({
      session: { user: { BusinessName: 'OAuth Test Business', BusinessCode: 'OAUTH_TEST' } },
      token: { expires_in: 899 },
    })
  })

  it('returns the user from the ID Token when the scope contains openid', async () => {
    const page = openPage(classSuper({ ...classOptions, scope: ['openid', ...scope] }))
    const { session } = parseSession(await page.signIn())
    expect(session?.user).toMatchObject({ sub: '7', name: "Cathy O'Reilly (Dev)", email: cathy.email })
    page.advanceClock(890)
    expect(parseSession(await page.refresh()).session).toMatchObject({
      subject: session?.subject,
      user: session?.user,
    })
  })

  it('uses the fixed token endpoint, with its slash, while discovery fails', async () => {
    const page = openPage(provider)
    page.sandbox.faults.add({ kind: 'status', status: 503, on: 'discovery' })
    expect((await page.signIn()).status).toBe(200)
    expect(page.sandbox.requests.count({ path: '/class/connect/token/' })).toBe(1)
    expect(page.log.join()).toContain('Discovery failed')
  })

  it('reports the granted scope when it is smaller than the requested scope', async () => {
    const page = openPage(
      provider,
      {},
      { class: { grantScope: (requested) => requested.filter((value) => value !== 'fund.read') } },
    )
    expect(parseSession(await page.signIn()).session?.scope).toEqual([
      'target:b/OAUTH_TEST',
      'offline_access',
    ])
  })

  it('sends no client authentication when no client is configured', async () => {
    const { clientId: _id, clientSecret: _secret, ...classOptionsWithoutClient } = classOptions
    expect((await openPage(classSuper({ ...classOptionsWithoutClient, scope })).signIn()).status).toBe(200)
  })

  it('responds to a wrong password with invalid_credentials, and to a rejected client with server_error', async () => {
    expect(parseError(await openPage(provider).signIn({ username, password: 'wrong' })).error).toBe(
      'invalid_credentials',
    )
    const page = openPage(classSuper({ ...classOptions, scope, clientSecret: 'wrong' }))
    expect(parseError(await page.signIn()).error).toBe('server_error')
    expect(page.log.at(-1)).toContain('400 invalid_client')
  })

  const proxyOptions = {
    mode: 'proxy',
    proxy: [{ path: '/api/*', to: '/class/api/1.0/b/OAUTH_TEST/fund-data/*', methods: ['GET'] }],
  } satisfies Partial<BffOptions>

  it('requests JSON from its API, which responds with XML by default', async () => {
    const page = openPage(provider, proxyOptions)
    await page.signIn()
    const response = await page.send('GET', '/api/fund-list')
    expect(response.status).toBe(200)
    expect(parseBody(response)).toMatchObject({ Errors: [] })
  })

  it('retries once after a 401, which may mean a missing scope, and keeps the session', async () => {
    const page = openPage(
      classSuper({ ...classOptions, scope: ['offline_access', 'fund.member.read'] }),
      proxyOptions,
    )
    await page.signIn()
    page.advanceClock(60)
    for (const grants of [
      ['password', 'refresh_token'],
      ['password', 'refresh_token'],
    ]) {
      expect((await page.send('GET', '/api/fund-list')).status).toBe(401)
      expect(page.listGrants()).toEqual(grants)
    }
    expect(parseSession(await page.send('GET', '/auth/session')).session).not.toBeNull()
  })

  it('keeps the session after such a 401 without a refresh token', async () => {
    const page = openPage(classSuper({ ...classOptions, scope: ['fund.member.read'] }), proxyOptions)
    await page.signIn()
    page.advanceClock(60)
    expect((await page.send('GET', '/api/fund-list')).status).toBe(401)
    expect(parseSession(await page.send('GET', '/auth/session')).session).not.toBeNull()
  })

  it('sends the wait time of X-RateLimit-ResetAfter to the page as Retry-After', async () => {
    const page = openPage(provider, proxyOptions, { class: { callsPerMinute: 1 } })
    await page.signIn()
    expect((await page.send('GET', '/api/fund-list')).status).toBe(200)
    const limited = await page.send('GET', '/api/fund-list')
    expect(limited.status).toBe(429)
    expect(Number(limited.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(limited.headers.get('Retry-After')).toBe(limited.headers.get('X-RateLimit-ResetAfter'))
  })
})

describe('Classy', () => {
  const provider = classy(classyOptions)
  const options = {
    authorize,
    mode: 'proxy',
    proxy: [{ path: '/api/*', to: '/classy/2.0/organizations/*', methods: ['GET'] }],
  } satisfies Partial<BffOptions>
  const campaigns = `/api/${classyOrganization.id}/campaigns`

  it('gets a machine token, uses it for all callers, and replaces it before it expires', async () => {
    const page = openPage(provider, options)
    const response = await page.send('GET', '/auth/session')
    expect(parseSession(response)).toMatchObject({ session: { user: null, expires_in: null } })
    expect(parseSession(response).token).toBeUndefined()
    expect(parseBody(await page.send('GET', campaigns))).toHaveProperty('data')
    page.advanceClock(3550)
    expect((await page.send('GET', campaigns)).status).toBe(200)
    expect(page.listGrants()).toEqual(['client_credentials', 'client_credentials'])
    expect(page.sandbox.requests.count({ path: '/classy/oauth2/auth', status: 200 })).toBe(2)
  })

  it('gets a new machine token when Classy rejects the current one', async () => {
    const page = openPage(provider, options)
    await page.send('GET', campaigns)
    page.advanceClock(60)
    page.sandbox.expireAccessTokens()
    expect((await page.send('GET', campaigns)).status).toBe(200)
    expect(page.listGrants()).toHaveLength(2)
  })

  it('uses a refresh token that Classy issued with the machine token', async () => {
    const page = openPage(provider, options, { classy: { refreshTokens: true } })
    await page.send('GET', campaigns)
    page.advanceClock(3550)
    await page.send('GET', campaigns)
    expect(page.listGrants()).toEqual(['client_credentials', 'refresh_token'])
  })

  it("reads the documentation's example", async () => {
    const body =
      '{ "access_token": "f22d113d5bad4472c4bcb208f39c959b", "expires_in": 3600, "token_type": "bearer" }'
    const page = openPage(provider, {
      authorize,
      dangerouslyGiveMachineTokenToBrowser: true,
      ...respondWith(body),
    })
    expect(parseSession(await page.send('GET', '/auth/session')).token).toEqual({
      access_token: 'f22d113d5bad4472c4bcb208f39c959b',
      token_type: 'Bearer',
      expires_in: 3600,
      sequence: 1,
    })
  })

  it('logs what to change after an error that is an object, and after HTML from a gateway', async () => {
    const rejection = JSON.stringify({
      error: { client_id: ['The client id field is required.'] },
      queries_log: [],
    })
    const page = openPage(provider, { ...options, ...respondWith(rejection, 400) })
    expect(parseError(await page.send('GET', campaigns)).error).toBe('server_error')
    expect(page.log.at(-1)).toContain('400 and rejected client_id')

    const pageBehindEdge = openPage(provider, options, { classy: { integrationId: 'integration-7' } })
    expect(parseError(await pageBehindEdge.send('GET', campaigns)).error).toBe('server_error')
    expect(pageBehindEdge.log.at(-1)).toContain('set the option integrationId')
  })

  it('sends the integration id to the token endpoint and to the API', async () => {
    const integrationId = 'integration-7'
    const page = openPage(classy({ ...classyOptions, integrationId }), options, { classy: { integrationId } })
    expect((await page.send('GET', campaigns)).status).toBe(200)
  })
})

describe('Axosoft', () => {
  const provider = axosoft(axosoftOptions)

  it.each(['GET', 'POST'] as const)(
    'signs in with %s, and returns the user from the response',
    async (method) => {
      const page = openPage(axosoft({ ...axosoftOptions, scope: ['read', 'write'], method }))
      expect(parseSession(await page.signIn())).toMatchObject({
        session: {
          scope: ['read', 'write'],
          user: {
            id: 7,
            first_name: 'Cathy',
            last_name: "O'Reilly (Dev)",
            email: 'Cathy.Oreilly@mycompany.com',
          },
        },
        token: { token_type: 'Bearer', expires_in: 2_592_000 },
      })
      expect(page.sandbox.requests.all().map((request) => request.method)).toEqual([method])
    },
  )

  it("reads the documentation's examples of a success and of an error", async () => {
    const page = openPage(
      provider,
      respondWith(`{
"access_token" : "10101010-1010-1010-1010-101010101010",
"token_type" : "bearer",
"data" : {
"id" : 7,
"first_name" : "Cathy",
"last_name" : "O'Reilly (Dev)",
"email" : "Cathy.Oreilly@mycompany.com"
}
}`),
    )
    expect(parseSession(await page.signIn())).toMatchObject({
      session: { scope: ['read'], user: { id: 7, first_name: 'Cathy' } },
      token: { access_token: '10101010-1010-1010-1010-101010101010', expires_in: 2_592_000 },
    })
    const rejection = `{
"error" : "invalid_grant",
"error_description" : "Invalid username or password"
}`
    expect(parseError(await openPage(provider, respondWith(rejection, 400)).signIn()).error).toBe(
      'invalid_credentials',
    )
  })

  it('keeps its token for thirty days, and a new sign-in has the same subject', async () => {
    const page = openPage(provider, { session: { idle: 40 * 86_400, absolute: 40 * 86_400 } })
    const first = parseSession(await page.signIn())
    page.advanceClock(29 * 86_400)
    expect(parseSession(await page.send('GET', '/auth/session')).token).toEqual({
      ...first.token,
      expires_in: 86_400,
    })
    page.advanceClock(86_400)
    expect(parseError(await page.refresh())).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect(parseSession(await page.signIn()).session?.subject).toBe(first.session?.subject)
    expect(page.listGrants()).toEqual(['password', 'password'])
  })

  it('follows no redirect with the password in its URL, and does not log or return that URL', async () => {
    const page = openPage(provider)
    page.sandbox.faults.add({ kind: 'redirect' })
    const response = await page.signIn()
    expect(parseError(response).error).toBe('server_error')
    expect(page.sandbox.requests.count()).toBe(1)
    const outputs = page.log.join() + response.text + JSON.stringify([...response.headers])
    for (const secret of [password, clientSecret, encodeURIComponent(password), 'api/oauth2'])
      expect(outputs).not.toContain(secret)
  })
})

describe('Bright Pattern', () => {
  const provider = brightPattern(brightPatternOptions)

  it('signs a user in with login ID and API secret for the tenant', async () => {
    const page = openPage(provider)
    expect(parseSession(await page.signIn(brightPatternCredentials))).toMatchObject({
      session: { user: { username: cathy.username }, scope: [demoTenant] },
      token: { token_type: 'Bearer', expires_in: 3599 },
    })
    expect(page.listGrants()).toEqual(['client_credentials'])
  })

  const documentedResponse = `{
"access_token":"eyJhbGciOiJSUzI1NiI5q9Jgt...6HznsvPWy7UP3MINA",
"token_type":"Bearer",
"expires_in":"3599",
}`

  it("reads the documentation's example with its trailing comma, which other presets reject", async () => {
    expect(
      parseSession(await openPage(provider, respondWith(documentedResponse)).signIn(brightPatternCredentials))
        .token,
    ).toMatchObject({
      access_token: 'eyJhbGciOiJSUzI1NiI5q9Jgt...6HznsvPWy7UP3MINA',
      expires_in: 3599,
    })
    const sandboxPage = openPage(provider, {}, { brightPattern: { body: 'documents' } })
    expect((await sandboxPage.signIn(brightPatternCredentials)).status).toBe(200)
    for (const other of [axosoft(axosoftOptions), classSuper({ business: 'B', scope: [] })])
      expect(parseError(await openPage(other, respondWith(documentedResponse)).signIn()).error).toBe(
        'temporarily_unavailable',
      )
  })

  it('reads a 401 from the token endpoint as a wrong secret, with a body or without', async () => {
    for (const refusalBody of ['empty', 'json'] as const) {
      const page = openPage(provider, {}, { brightPattern: { refusalBody } })
      const response = await page.signIn({ ...brightPatternCredentials, client_secret: 'wrong' })
      expect([response.status, parseError(response).error]).toEqual([401, 'invalid_credentials'])
    }
  })

  it('asks for a new sign-in when the token expires, and keeps the subject', async () => {
    const page = openPage(provider)
    const first = parseSession(await page.signIn(brightPatternCredentials))
    page.advanceClock(3599)
    expect(parseError(await page.refresh())).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect(parseSession(await page.signIn(brightPatternCredentials)).session?.subject).toBe(
      first.session?.subject,
    )
  })

  const providerWithStoredSecret = brightPattern({ ...brightPatternOptions, keepApiSecret: true })

  it('reissues the token when the API secret is stored, until the server rejects it', async () => {
    const page = openPage(providerWithStoredSecret)
    await page.signIn(brightPatternCredentials)
    page.advanceClock(3590)
    const response = await page.refresh()
    expect(parseSession(response)).toMatchObject({ session: { scope: [demoTenant] }, token: { sequence: 2 } })
    expect(response.text + page.log.join()).not.toContain(cathy.apiSecret)
    page.advanceClock(3590)
    page.sandbox.faults.add({ kind: 'refuse' })
    expect(parseError(await page.refresh())).toMatchObject({
      error: 'login_required',
      reason: 'refresh_rejected',
    })
  })

  it('sends no loop of requests when the server issues the same token with less time left', async () => {
    const page = openPage(providerWithStoredSecret, {}, { brightPattern: { repeatedSignIn: 'same' } })
    const first = parseSession(await page.signIn(brightPatternCredentials))
    page.advanceClock(3560)
    const second = parseSession(await page.refresh())
    expect(second.token?.access_token).toBe(first.token?.access_token)
    expect(second.token?.expires_in).toBe(39)
    // A page that asks again says that the API rejected the token: that is tried once.
    for (let count = 0; count < 5; count += 1) await page.refresh()
    expect(page.listGrants()).toHaveLength(3)
  })

  it('requests a new token after errorCode 2 and after no other', async () => {
    const task = '65736beabae70b588348f2b5'
    const proxy = [
      { path: '/api/*', to: '/bright-pattern/taskroutingapi/v1/task/*', methods: ['GET' as const] },
    ]
    const page = openPage(providerWithStoredSecret, { mode: 'proxy', proxy })
    await page.signIn(brightPatternCredentials)
    page.advanceClock(60)
    page.sandbox.expireAccessTokens()
    expect((await page.send('GET', `/api/${task}`)).status).toBe(200)
    expect(page.listGrants()).toHaveLength(2)
    page.advanceClock(60)
    page.sandbox.revokeAll()
    const rejected = await page.send('GET', `/api/${task}`)
    expect([rejected.status, parseBody(rejected)]).toMatchObject([401, { errorCode: 1 }])
    expect(page.listGrants()).toHaveLength(2)

    const pageWithoutTaskRouting = openPage(
      providerWithStoredSecret,
      { mode: 'proxy', proxy },
      { brightPattern: { withoutTaskRouting: [cathy.username] } },
    )
    await pageWithoutTaskRouting.signIn(brightPatternCredentials)
    pageWithoutTaskRouting.advanceClock(60)
    const forbidden = await pageWithoutTaskRouting.send('GET', `/api/${task}`)
    expect([forbidden.status, parseBody(forbidden)]).toMatchObject([403, { errorCode: 3 }])
    expect(pageWithoutTaskRouting.listGrants()).toHaveLength(1)
  })
})
