import { context, SpanStatusCode } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { BffOptions, Instrument } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createSecondBff, createTestBff, credentials, flushPromises } from './support/browser.ts'
import { createTelemetry } from './support/telemetry.ts'
import type { Reply } from './support/token-endpoint.ts'
import { failWithCode, hangUntilReleased, json, rotating } from './support/token-endpoint.ts'

const contextManager = new AsyncLocalStorageContextManager().enable()
beforeAll(() => void context.setGlobalContextManager(contextManager))
afterAll(() => context.disable())

function setUp(reply: Reply = rotating(), options: Partial<BffOptions> = {}) {
  const telemetry = createTelemetry()
  return { ...createTestBff(reply, { ...telemetry.options, ...options }), telemetry }
}

describe('metrics', () => {
  it('count sign-ins by outcome', async () => {
    const { signIn, endpoint, telemetry } = setUp()
    await signIn()
    await signIn()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    await signIn()
    endpoint.script(failWithCode('ECONNREFUSED'))
    await signIn()
    expect(await telemetry.readMetrics('latchkey.sign_in.duration')).toEqual([
      'latchkey.sign_in.duration accepted 2',
      'latchkey.sign_in.duration invalid_credentials 1',
      'latchkey.sign_in.duration temporarily_unavailable 1',
    ])
  })

  it('count audit events by type and reason', async () => {
    const { signIn, signOut, endpoint, telemetry } = setUp()
    await signIn()
    await signOut()
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    await signIn()
    expect(await telemetry.readMetrics('latchkey.events')).toEqual([
      'latchkey.events sign_in.succeeded  1',
      'latchkey.events session.ended signed_out 1',
      'latchkey.events sign_in.failed invalid_credentials 1',
    ])
  })

  it('count the requests to the token endpoint by grant and outcome', async () => {
    const { signIn, token, clock, endpoint, telemetry } = setUp()
    await signIn()
    await clock.pass(901)
    await token(1)
    endpoint.script(json({ error: 'invalid_client' }, 401))
    await signIn()
    expect(await telemetry.readMetrics('latchkey.token_endpoint.duration')).toEqual([
      'latchkey.token_endpoint.duration password issued 1',
      'latchkey.token_endpoint.duration refresh_token issued 1',
      'latchkey.token_endpoint.duration password configuration_error 1',
    ])
  })

  it('count a refresh once for all callers, and tell whether it is tried again or has ended the session', async () => {
    const { signIn, token, clock, endpoint, telemetry } = setUp()
    await signIn()
    await clock.pass(901)
    await Promise.all([token(1), token(1), token(1)])
    await clock.pass(901)
    endpoint.script(json({}, 503))
    await token(2)
    await clock.pass(60)
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    await token(2)
    expect(await telemetry.readMetrics('latchkey.refresh.duration')).toEqual([
      'latchkey.refresh.duration ok 1',
      'latchkey.refresh.duration transient 1',
      'latchkey.refresh.duration ended 1',
    ])
  })

  it('count a session that is lost because the response to its refresh was', async () => {
    const { signIn, token, clock, endpoint, telemetry } = setUp()
    await signIn()
    await clock.pass(901)
    endpoint.script(failWithCode('ECONNRESET'))
    await token(1)
    await clock.pass(60)
    endpoint.script(json({ error: 'invalid_grant' }, 400))
    expect((await token(1)).body.reason).toBe('refresh_lost')
    expect(await telemetry.readMetrics('latchkey.refresh.duration')).toContain(
      'latchkey.refresh.duration lost 1',
    )
  })

  it('count a refresh that another process has done as adopted', async () => {
    const { clock, telemetry } = setUp()
    const store = memoryStore({ now: clock.now })
    const issue = rotating()
    const first = createTestBff(issue, { store }, clock)
    await first.signIn()
    const second = createSecondBff(first, { ...telemetry.options, store })
    await clock.pass(901)
    const { reply, release } = hangUntilReleased(issue)
    first.endpoint.script(reply)
    const ofFirst = first.token(1)
    await vi.waitFor(() => expect(first.endpoint.requests).toHaveLength(2))
    const ofSecond = second.restore()
    await flushPromises()
    release()
    await flushPromises()
    await clock.pass(2)
    expect((await Promise.all([ofFirst, ofSecond])).map(({ body }) => body.token?.sequence)).toEqual([2, 2])
    const refreshes = await telemetry.readMetrics('latchkey.refresh.duration')
    expect(refreshes).toEqual(['latchkey.refresh.duration adopted 1'])
  })

  it('count the requests of proxy routes by route and class of the status, without their paths', async () => {
    const statuses = [200, 204, 404, 500]
    const { signIn, sendRequest, bff, jar, telemetry } = setUp(
      ({ url, ...request }) =>
        url.pathname.startsWith('/api/')
          ? new Response(null, { status: statuses.shift() ?? 200 })
          : issue({ url, ...request }),
      {
        provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
        proxy: [{ path: '/api/*', to: 'https://as.example.com/api/*', methods: ['GET'] }],
      },
    )
    const issue = rotating()
    await signIn()
    const headers = {
      'X-Latchkey': '1',
      'Sec-Fetch-Site': 'same-origin',
      Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
    }
    for (const path of ['a', 'b', 'c', 'd'])
      await bff.fetch(new Request(`https://portal.example.com/api/canary-${path}`, { headers }))
    expect(await telemetry.readMetrics('latchkey.proxy.duration')).toEqual([
      'latchkey.proxy.duration /api/* 2xx 2',
      'latchkey.proxy.duration /api/* 4xx 1',
      'latchkey.proxy.duration /api/* 5xx 1',
    ])
    expect(await telemetry.readAll()).not.toContain('canary')
    expect((await sendRequest('GET', '/session')).status).toBe(200)
  })

  it('count the calls of the store by method and outcome', async () => {
    const store = memoryStore()
    const { signIn, restore, telemetry } = setUp(rotating(), {
      throttle: false,
      store: { ...store, read: () => Promise.reject(new Error('canary')) },
    })
    await signIn()
    await restore()
    const calls = await telemetry.readMetrics('latchkey.store.duration')
    expect(calls).toContain('latchkey.store.duration insert ok 1')
    expect(calls.join()).toMatch(/read failed \d/)
    expect(await telemetry.readAll()).not.toContain('canary')
  })
})

describe('spans', () => {
  it('show a sign-in with its request to the token endpoint', async () => {
    const { signIn, telemetry } = setUp()
    await signIn()
    const [request, signInSpan] = telemetry.spans.getFinishedSpans()
    expect([request?.name, signInSpan?.name]).toEqual(['latchkey.token_request', 'latchkey.sign_in'])
    expect(request?.parentSpanContext?.spanId).toBe(signInSpan?.spanContext().spanId)
    expect(request?.attributes).toEqual({ provider: 'oauth2', grant: 'password', outcome: 'issued' })
    expect(signInSpan?.status.code).toBe(SpanStatusCode.UNSET)
  })

  it('show as errors what an operator should look at, and not a wrong password', async () => {
    const { signIn, endpoint, telemetry } = setUp(json({ error: 'invalid_grant' }, 400))
    await signIn()
    endpoint.script(json({ error: 'invalid_client' }, 401))
    await signIn()
    const codes = telemetry.spans.getFinishedSpans().map(({ status }) => status.code)
    const { UNSET, ERROR } = SpanStatusCode
    expect(codes).toEqual([UNSET, UNSET, ERROR, ERROR])
  })
})

describe('an instrument', () => {
  const broken: Record<string, Instrument> = {
    'throws before the work': () => {
      throw new Error('canary')
    },
    'throws at the end of the work': (_, run) =>
      run(() => {
        throw new Error('canary')
      }),
    rejects: async (_, run) => {
      await run(() => {})
      throw new Error('canary')
    },
    'never runs the work': () => {},
    'runs the work twice': (_, run) => {
      void run(() => {})
      return run(() => {})
    },
  }

  it.each(Object.entries(broken))(
    'that %s breaks no request, and no grant runs twice',
    async (_, instrument) => {
      const { signIn, restore, token, clock, endpoint, log } = createTestBff(rotating(), { instrument })
      expect((await signIn()).status).toBe(200)
      await clock.pass(901)
      expect((await token(1)).body.token?.sequence).toBe(2)
      expect((await restore()).body.session).toBeTruthy()
      expect(endpoint.requests).toHaveLength(2)
      expect(log.join()).not.toContain('canary')
    },
  )
})

it('no metric and no span contains a secret or a user', async () => {
  const { signIn, token, restore, signOut, clock, endpoint, jar, telemetry } = setUp()
  const { body } = await signIn()
  const cookies = [...jar.values()]
  await clock.pass(901)
  await token(1)
  await restore()
  endpoint.script(({ parameters, headers }) =>
    Response.json(
      { error: `${parameters} ${[...headers].join()}`, error_description: `${parameters}` },
      { status: 401 },
    ),
  )
  await clock.pass(901)
  await token(2)
  await signIn()
  await signOut()
  const text = await telemetry.readAll()
  expect(text).toContain('latchkey.refresh')
  for (const secret of [
    ...Object.values(credentials),
    's3cret',
    'access-1',
    'refresh-1',
    ...cookies,
    body.session?.session_id ?? '?',
    body.session?.subject ?? '?',
    '://',
  ])
    expect(text).not.toContain(secret)
})
