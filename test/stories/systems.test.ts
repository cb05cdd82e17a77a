import type { BffOptions, ProviderDescription } from '@latchkey/bff'
import { createBff, defineProvider } from '@latchkey/bff'
import { axosoft, brightPattern, classSuper, classy } from '@latchkey/bff/providers'
import type { Sandbox, SandboxOptions } from '@latchkey/sandbox'
import { cathy, classyOrganization, createSandbox, demoClient, demoTenant } from '@latchkey/sandbox'
import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { errorResponseSchema, sessionResponseSchema } from '../../packages/bff/src/wire-schemas.ts'
import { describe, expect, it } from 'vitest'

const at = 'https://sandbox.test'
const page = 'https://portal.test'
const { username, password } = cathy

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A page in front of a BFF in front of one of the documented systems; time passes when it is told to. */
interface Scene {
  readonly sandbox: Sandbox
  readonly log: string[]
  readonly wait: (seconds: number) => void
  readonly ask: (method: string, path: string, body?: unknown) => Promise<Answer>
  readonly signIn: (credentials?: Record<string, string>, more?: object) => Promise<Answer>
  /** Asks for a token newer than the one last seen. */
  readonly refresh: () => Promise<Answer>
  /** What the token endpoint was asked for, in order. */
  readonly grants: () => unknown[]
}

function open(
  provider: ProviderDescription,
  options: Partial<BffOptions> = {},
  systems: SandboxOptions = {},
): Scene {
  let now = Date.now()
  let cookie = ''
  let held: ReturnType<typeof sessionResponseSchema.parse> | null = null
  const sandbox = createSandbox({ now: () => now, ...systems })
  const log: string[] = []
  const note = (line: string): void => void log.push(line)
  const { fetch } = sandbox
  const bff = createBff({
    provider,
    logger: { info: note, warn: note, error: note },
    ...options,
    platform: { fetch: (input, init) => fetch(input, init), now: () => now, ...options.platform },
  })

  async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await bff.fetch(
      new Request(`${page}${path}`, {
        method,
        headers: {
          [csrfHeader]: csrfHeaderValue,
          'Sec-Fetch-Site': 'same-origin',
          ...(method !== 'GET' && { Origin: page }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(cookie !== '' && { Cookie: cookie }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    cookie = response.headers.get('Set-Cookie')?.split(';')[0] ?? cookie
    const text = await response.text()
    const found =
      path.startsWith('/auth') && response.ok && text !== ''
        ? sessionResponseSchema.parse(JSON.parse(text))
        : null
    held = found ?? held
    return { status: response.status, headers: response.headers, text }
  }

  return {
    sandbox,
    log,
    wait: (seconds) => void (now += seconds * 1000),
    ask,
    signIn: (credentials = { username, password }, more = {}) =>
      ask('POST', '/auth/session', { credentials, ...more }),
    refresh: () =>
      ask('POST', '/auth/token', {
        session_id: held?.session?.session_id,
        after: held?.token?.sequence ?? 1,
      }),
    grants: () => sandbox.requests.all({ kind: 'token' }).map(({ grant }) => grant),
  }
}

const bodyOf = ({ text }: Answer): unknown => JSON.parse(text)
const told = ({ text }: Answer): ReturnType<typeof sessionResponseSchema.parse> =>
  sessionResponseSchema.parse(JSON.parse(text))
const failure = ({ text }: Answer): ReturnType<typeof errorResponseSchema.parse> =>
  errorResponseSchema.parse(JSON.parse(text))

/** Answers every token request with this body, byte for byte. */
const answering = (body: string, status = 200): Required<Pick<BffOptions, 'platform'>> => ({
  platform: {
    fetch: async () => new Response(body, { status, headers: { 'Content-Type': 'application/json' } }),
  },
})

const { clientId, clientSecret } = demoClient
const classOptions = {
  clientId,
  clientSecret,
  business: 'OAUTH_TEST',
  discovery: `${at}/class`,
  tokenEndpoint: `${at}/class/connect/token/`,
  api: `${at}/class/api/1.0`,
}
const scope = ['offline_access', 'fund.read']
const axosoftOptions = { site: `${at}/axosoft`, clientId, clientSecret }
const classyOptions = { site: `${at}/classy`, clientId, clientSecret }
const brightPatternOptions = { tenant: demoTenant, site: `${at}/bright-pattern` }
const agent = { client_id: cathy.username, client_secret: cathy.apiSecret }
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

  it('signs in by what discovery says, with Basic, for one business, and refreshes as long as tokens come', async () => {
    const scene = open(provider)
    expect(told(await scene.signIn())).toMatchObject({
      session: { scope: ['target:b/OAUTH_TEST', 'offline_access', 'fund.read'] },
      token: { token_type: 'Bearer', expires_in: 899, sequence: 1 },
    })
    for (const sequence of [2, 3]) {
      scene.wait(890)
      expect(told(await scene.refresh()).token).toMatchObject({ sequence, expires_in: 899 })
    }
    expect(scene.grants()).toEqual(['password', 'refresh_token', 'refresh_token'])
    expect(scene.sandbox.requests.count({ kind: 'discovery' })).toBe(1)
    expect(scene.sandbox.requests.count({ path: '/class/connect/token' })).toBe(3)
  })

  it("reads the documents' own example, where offline_access brings no refresh token", async () => {
    const { discovery: _discovery, ...fixed } = classOptions
    const scene = open(
      classSuper({ ...fixed, scope: [...scope, 'business.fund.create'] }),
      answering(`{
"access_token":"CBfgN5Z5...",
"token_type":"bearer",
"expires_in":899,
"scope":"target:b/OAUTH_TEST offline_access business.fund.create fund.read"
}`),
    )
    expect(told(await scene.signIn())).toMatchObject({
      session: { scope: ['target:b/OAUTH_TEST', 'offline_access', 'business.fund.create', 'fund.read'] },
      token: { access_token: 'CBfgN5Z5...', token_type: 'Bearer', expires_in: 899 },
    })
    scene.wait(899)
    expect(failure(await scene.refresh())).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
  })

  it('reads the string "899" of its other example, and tells the business', async () => {
    const scene = open(provider, {}, { class: { expiresIn: 'string' } })
    expect(told(await scene.signIn())).toMatchObject({
      session: { user: { BusinessName: 'OAuth Test Business', BusinessCode: 'OAUTH_TEST' } },
      token: { expires_in: 899 },
    })
  })

  it('tells who the user is by the ID Token, when openid was asked', async () => {
    const scene = open(classSuper({ ...classOptions, scope: ['openid', ...scope] }))
    const { session } = told(await scene.signIn())
    expect(session?.user).toMatchObject({ sub: '7', name: "Cathy O'Reilly (Dev)", email: cathy.email })
    scene.wait(890)
    expect(told(await scene.refresh()).session).toMatchObject({
      subject: session?.subject,
      user: session?.user,
    })
  })

  it('uses the fixed token endpoint, with its slash, while discovery cannot be had', async () => {
    const scene = open(provider)
    scene.sandbox.faults.add({ kind: 'status', status: 503, on: 'discovery' })
    expect((await scene.signIn()).status).toBe(200)
    expect(scene.sandbox.requests.count({ path: '/class/connect/token/' })).toBe(1)
    expect(scene.log.join()).toContain('Discovery failed')
  })

  it('goes by the scope that was granted, which may be less than was asked', async () => {
    const scene = open(
      provider,
      {},
      { class: { grantScope: (asked) => asked.filter((value) => value !== 'fund.read') } },
    )
    expect(told(await scene.signIn()).session?.scope).toEqual(['target:b/OAUTH_TEST', 'offline_access'])
  })

  it('shows no client where none is configured', async () => {
    const { clientId: _id, clientSecret: _secret, ...without } = classOptions
    expect((await open(classSuper({ ...without, scope })).signIn()).status).toBe(200)
  })

  it('answers a wrong password as one, and a refused client as a fault of the configuration', async () => {
    expect(failure(await open(provider).signIn({ username, password: 'wrong' })).error).toBe(
      'invalid_credentials',
    )
    const scene = open(classSuper({ ...classOptions, scope, clientSecret: 'wrong' }))
    expect(failure(await scene.signIn()).error).toBe('server_error')
    expect(scene.log.at(-1)).toContain('400 invalid_client')
  })

  const proxied = {
    mode: 'proxy',
    proxy: [{ path: '/api/*', to: '/class/api/1.0/b/OAUTH_TEST/fund-data/*', methods: ['GET'] }],
  } satisfies Partial<BffOptions>

  it('asks its API for JSON, which is XML otherwise', async () => {
    const scene = open(provider, proxied)
    await scene.signIn()
    const answer = await scene.ask('GET', '/api/fund-list')
    expect(answer.status).toBe(200)
    expect(bodyOf(answer)).toMatchObject({ Errors: [] })
  })

  it('tries a 401 once more, since the scope may be too small, and keeps the session', async () => {
    const scene = open(
      classSuper({ ...classOptions, scope: ['offline_access', 'fund.member.read'] }),
      proxied,
    )
    await scene.signIn()
    scene.wait(60)
    for (const grants of [
      ['password', 'refresh_token'],
      ['password', 'refresh_token'],
    ]) {
      expect((await scene.ask('GET', '/api/fund-list')).status).toBe(401)
      expect(scene.grants()).toEqual(grants)
    }
    expect(told(await scene.ask('GET', '/auth/session')).session).not.toBeNull()
  })

  it('keeps the session at such a 401 also where no refresh token came', async () => {
    const scene = open(classSuper({ ...classOptions, scope: ['fund.member.read'] }), proxied)
    await scene.signIn()
    scene.wait(60)
    expect((await scene.ask('GET', '/api/fund-list')).status).toBe(401)
    expect(told(await scene.ask('GET', '/auth/session')).session).not.toBeNull()
  })

  it('passes on how long to wait, from the header that Class tells it in', async () => {
    const scene = open(provider, proxied, { class: { callsPerMinute: 1 } })
    await scene.signIn()
    expect((await scene.ask('GET', '/api/fund-list')).status).toBe(200)
    const limited = await scene.ask('GET', '/api/fund-list')
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

  it('gets the token of the application, uses it for everybody, and asks again before it ends', async () => {
    const scene = open(provider, options)
    const answer = await scene.ask('GET', '/auth/session')
    expect(told(answer)).toMatchObject({ session: { user: null, expires_in: null } })
    expect(told(answer).token).toBeUndefined()
    expect(bodyOf(await scene.ask('GET', campaigns))).toHaveProperty('data')
    scene.wait(3550)
    expect((await scene.ask('GET', campaigns)).status).toBe(200)
    expect(scene.grants()).toEqual(['client_credentials', 'client_credentials'])
    expect(scene.sandbox.requests.count({ path: '/classy/oauth2/auth', status: 200 })).toBe(2)
  })

  it('gets a new one when Classy rejects the one it has', async () => {
    const scene = open(provider, options)
    await scene.ask('GET', campaigns)
    scene.wait(60)
    scene.sandbox.expireAccessTokens()
    expect((await scene.ask('GET', campaigns)).status).toBe(200)
    expect(scene.grants()).toHaveLength(2)
  })

  it('refreshes with a refresh token that came with it', async () => {
    const scene = open(provider, options, { classy: { refreshTokens: true } })
    await scene.ask('GET', campaigns)
    scene.wait(3550)
    await scene.ask('GET', campaigns)
    expect(scene.grants()).toEqual(['client_credentials', 'refresh_token'])
  })

  it("reads the documents' own example", async () => {
    const body =
      '{ "access_token": "f22d113d5bad4472c4bcb208f39c959b", "expires_in": 3600, "token_type": "bearer" }'
    const scene = open(provider, {
      authorize,
      dangerouslyGiveMachineTokenToBrowser: true,
      ...answering(body),
    })
    expect(told(await scene.ask('GET', '/auth/session')).token).toEqual({
      access_token: 'f22d113d5bad4472c4bcb208f39c959b',
      token_type: 'Bearer',
      expires_in: 3600,
      sequence: 1,
    })
  })

  it('understands an error that is an object, and HTML from the edge, and says what to do', async () => {
    const refused = JSON.stringify({
      error: { client_id: ['The client id field is required.'] },
      queries_log: [],
    })
    const scene = open(provider, { ...options, ...answering(refused, 400) })
    expect(failure(await scene.ask('GET', campaigns)).error).toBe('server_error')
    expect(scene.log.at(-1)).toContain('400 and rejected client_id')

    const edge = open(provider, options, { classy: { integrationId: 'integration-7' } })
    expect(failure(await edge.ask('GET', campaigns)).error).toBe('server_error')
    expect(edge.log.at(-1)).toContain('set the option integrationId')
  })

  it('sends the integration id to the token endpoint and to the API', async () => {
    const integrationId = 'integration-7'
    const scene = open(classy({ ...classyOptions, integrationId }), options, { classy: { integrationId } })
    expect((await scene.ask('GET', campaigns)).status).toBe(200)
  })
})

describe('Axosoft', () => {
  const provider = axosoft(axosoftOptions)

  it.each(['GET', 'POST'] as const)(
    'signs in by %s, and tells the user that the answer describes',
    async (method) => {
      const scene = open(axosoft({ ...axosoftOptions, scope: ['read', 'write'], method }))
      expect(told(await scene.signIn())).toMatchObject({
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
      expect(scene.sandbox.requests.all().map((request) => request.method)).toEqual([method])
    },
  )

  it("reads the documents' own examples, of a success and of a refusal", async () => {
    const success = open(
      provider,
      answering(`{
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
    expect(told(await success.signIn())).toMatchObject({
      session: { scope: ['read'], user: { id: 7, first_name: 'Cathy' } },
      token: { access_token: '10101010-1010-1010-1010-101010101010', expires_in: 2_592_000 },
    })
    const refusal = `{
"error" : "invalid_grant",
"error_description" : "Invalid username or password"
}`
    expect(failure(await open(provider, answering(refusal, 400)).signIn()).error).toBe('invalid_credentials')
  })

  it('keeps its token for thirty days, and then the user signs in again under the same name', async () => {
    const scene = open(provider, { session: { idle: 40 * 86_400, absolute: 40 * 86_400 } })
    const first = told(await scene.signIn())
    scene.wait(29 * 86_400)
    expect(told(await scene.ask('GET', '/auth/session')).token).toEqual({
      ...first.token,
      expires_in: 86_400,
    })
    scene.wait(86_400)
    expect(failure(await scene.refresh())).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect(told(await scene.signIn()).session?.subject).toBe(first.session?.subject)
    expect(scene.grants()).toEqual(['password', 'password'])
  })

  it('follows no redirect with its password in the URL, and writes that URL nowhere', async () => {
    const scene = open(provider)
    scene.sandbox.faults.add({ kind: 'redirect' })
    const answer = await scene.signIn()
    expect(failure(answer).error).toBe('server_error')
    expect(scene.sandbox.requests.count()).toBe(1)
    const seen = scene.log.join() + answer.text + JSON.stringify([...answer.headers])
    for (const secret of [password, clientSecret, encodeURIComponent(password), 'api/oauth2'])
      expect(seen).not.toContain(secret)
  })
})

describe('Bright Pattern', () => {
  const provider = brightPattern(brightPatternOptions)

  it('signs a person in by login ID and API secret, for the tenant', async () => {
    const scene = open(provider)
    expect(told(await scene.signIn(agent))).toMatchObject({
      session: { user: { username: cathy.username }, scope: [demoTenant] },
      token: { token_type: 'Bearer', expires_in: 3599 },
    })
    expect(scene.grants()).toEqual(['client_credentials'])
  })

  const documents = `{
"access_token":"eyJhbGciOiJSUzI1NiI5q9Jgt...6HznsvPWy7UP3MINA",
"token_type":"Bearer",
"expires_in":"3599",
}`

  it("reads the documents' own example with its trailing comma, which no other preset does", async () => {
    expect(told(await open(provider, answering(documents)).signIn(agent)).token).toMatchObject({
      access_token: 'eyJhbGciOiJSUzI1NiI5q9Jgt...6HznsvPWy7UP3MINA',
      expires_in: 3599,
    })
    const played = open(provider, {}, { brightPattern: { body: 'documents' } })
    expect((await played.signIn(agent)).status).toBe(200)
    for (const other of [axosoft(axosoftOptions), classSuper({ business: 'B', scope: [] })])
      expect(failure(await open(other, answering(documents)).signIn()).error).toBe('temporarily_unavailable')
  })

  it('takes a 401 of the token endpoint for a wrong secret, with a body or without', async () => {
    for (const refusalBody of ['empty', 'json'] as const) {
      const scene = open(provider, {}, { brightPattern: { refusalBody } })
      const answer = await scene.signIn({ ...agent, client_secret: 'wrong' })
      expect([answer.status, failure(answer).error]).toEqual([401, 'invalid_credentials'])
    }
  })

  it('lets the person sign in again at expiry, in place', async () => {
    const scene = open(provider)
    const first = told(await scene.signIn(agent))
    scene.wait(3599)
    expect(failure(await scene.refresh())).toMatchObject({ error: 'login_required', reason: 'no_refresh' })
    expect(told(await scene.signIn(agent)).session?.subject).toBe(first.session?.subject)
  })

  const kept = brightPattern({ ...brightPatternOptions, keepApiSecret: true })

  it('asks again by itself where the API secret is kept, until that is refused', async () => {
    const scene = open(kept)
    await scene.signIn(agent)
    scene.wait(3590)
    const answer = await scene.refresh()
    expect(told(answer)).toMatchObject({ session: { scope: [demoTenant] }, token: { sequence: 2 } })
    expect(answer.text + scene.log.join()).not.toContain(cathy.apiSecret)
    scene.wait(3590)
    scene.sandbox.faults.add({ kind: 'refuse' })
    expect(failure(await scene.refresh())).toMatchObject({
      error: 'login_required',
      reason: 'refresh_rejected',
    })
  })

  it('makes no loop of a server that gives the same token again, with less time', async () => {
    const scene = open(kept, {}, { brightPattern: { repeatedSignIn: 'same' } })
    const first = told(await scene.signIn(agent))
    scene.wait(3560)
    const second = told(await scene.refresh())
    expect(second.token?.access_token).toBe(first.token?.access_token)
    expect(second.token?.expires_in).toBe(39)
    await scene.refresh()
    await scene.refresh()
    expect(scene.grants()).toHaveLength(2)
  })

  it('has another token asked for at errorCode 2, and at no other', async () => {
    const task = '65736beabae70b588348f2b5'
    const proxy = [
      { path: '/api/*', to: '/bright-pattern/taskroutingapi/v1/task/*', methods: ['GET' as const] },
    ]
    const scene = open(kept, { mode: 'proxy', proxy })
    await scene.signIn(agent)
    scene.wait(60)
    scene.sandbox.expireAccessTokens()
    expect((await scene.ask('GET', `/api/${task}`)).status).toBe(200)
    expect(scene.grants()).toHaveLength(2)
    scene.wait(60)
    scene.sandbox.revokeAll()
    const rejected = await scene.ask('GET', `/api/${task}`)
    expect([rejected.status, bodyOf(rejected)]).toMatchObject([401, { errorCode: 1 }])
    expect(scene.grants()).toHaveLength(2)

    const without = open(
      kept,
      { mode: 'proxy', proxy },
      { brightPattern: { withoutTaskRouting: [cathy.username] } },
    )
    await without.signIn(agent)
    without.wait(60)
    const forbidden = await without.ask('GET', `/api/${task}`)
    expect([forbidden.status, bodyOf(forbidden)]).toMatchObject([403, { errorCode: 3 }])
    expect(without.grants()).toHaveLength(1)
  })
})
