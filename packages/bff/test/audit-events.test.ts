import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { AuditEvent, BffOptions, SessionEndReason } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { auditEventSchema } from '../src/events/audit-event.ts'
import { oauth2 } from '../src/providers/index.ts'
import type { Clock } from './support/browser.ts'
import { createClock, createSecondBff, createTestBff } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { failWithCode, json, rotating } from './support/token-endpoint.ts'

const invalidGrant = json({ error: 'invalid_grant' }, 400)
const withoutRefresh = json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })

/** A BFF whose events a test reads; each event must follow the published schema. */
function createAudited(options: Partial<BffOptions> = {}, reply: Reply = rotating(), clock?: Clock) {
  const events: AuditEvent[] = []
  const onEvent = (event: AuditEvent): void => void events.push(auditEventSchema.parse(event))
  const setup = createTestBff(reply, { onEvent, ...options }, clock)
  const ofType = <Type extends AuditEvent['type']>(type: Type) =>
    events.filter((event): event is Extract<AuditEvent, { type: Type }> => event.type === type)
  return { ...setup, events, onEvent, ofType }
}
type Audited = ReturnType<typeof createAudited>

/** How each reason comes about; the session of the browser must be the one that ends. */
const ends: Record<SessionEndReason, { reply?: Reply; act: (audited: Audited) => Promise<unknown> }> = {
  signed_out: { act: ({ signOut }) => signOut() },
  signed_out_everywhere: { act: ({ signOut }) => signOut('?everywhere') },
  ended_in_list: {
    async act({ openBrowser, ofType }) {
      const other = openBrowser()
      await other.signIn()
      await other.sendRequest('DELETE', `/sessions/${ofType('sign_in.succeeded')[0]?.session_id}`)
    },
  },
  ended_by_admin: {
    act: ({ bff, ofType }) => {
      const { subject = '', session_id: id = '' } = ofType('sign_in.succeeded')[0] ?? {}
      return bff.admin.endSession({ subject }, id)
    },
  },
  replaced: {
    async act({ signIn, bff }) {
      await signIn()
      await bff.close()
    },
  },
  configuration_changed: {
    async act(audited) {
      const other = oauth2({ tokenEndpoint: 'https://other.example.com/token', clientId: 'portal' })
      await createSecondBff(audited, { store, provider: other, onEvent: audited.onEvent }).restore()
    },
  },
  too_many_sessions: {
    async act({ openBrowser, restore }) {
      for (let count = 0; count < 2; count += 1) await openBrowser().signIn()
      await restore()
    },
  },
  idle: {
    async act({ clock, restore }) {
      await clock.pass(700)
      await restore()
    },
  },
  absolute: {
    async act({ clock, restore }) {
      for (let use = 0; use < 10; use += 1) {
        await clock.pass(400)
        await restore()
      }
    },
  },
  refresh_rejected: {
    async act({ clock, endpoint, token }) {
      await clock.pass(590)
      endpoint.script(invalidGrant)
      await clock.pass(5)
      await token(1)
    },
  },
  no_refresh: {
    reply: withoutRefresh,
    async act({ clock, restore, token }) {
      for (let use = 0; use < 2; use += 1) {
        await clock.pass(450)
        await restore()
      }
      await clock.pass(5)
      await token(1)
    },
  },
  refresh_lost: {
    async act({ clock, endpoint, token }) {
      await clock.pass(590)
      endpoint.script(failWithCode('ECONNRESET'), invalidGrant)
      await token(1)
      await clock.pass(9)
      await token(1)
    },
  },
}
let store = memoryStore()

describe('the end of a session', () => {
  it.each(Object.keys(ends) as SessionEndReason[])('%s is one event', async (reason) => {
    const { reply, act } = ends[reason]
    const clock = createClock()
    store = memoryStore({ now: clock.now })
    const session = { idle: 600, absolute: 3600, perUser: 2 }
    const audited = createAudited({ store, session }, reply, clock)
    await audited.signIn()
    const [started] = audited.ofType('sign_in.succeeded')
    await act(audited)
    const { session_id, subject } = started ?? {}
    const mine = audited.ofType('session.ended').filter((event) => event.session_id === session_id)
    expect(mine).toMatchObject([{ subject, reason }])
    await audited.restore()
    expect(audited.ofType('session.ended').filter((event) => event.session_id === session_id)).toHaveLength(1)
  })

  it('is an event for each session of a user who signs out everywhere, and none for others', async () => {
    const { signIn, signOut, openBrowser, ofType } = createAudited()
    await signIn()
    await openBrowser().signIn()
    await openBrowser().signIn({ credentials: { username: 'dora', password: 'p' } })
    await signOut('?everywhere')
    const ids = ofType('sign_in.succeeded').map((event) => event.session_id)
    expect(
      ofType('session.ended')
        .map((event) => event.session_id)
        .toSorted(),
    ).toEqual(ids.slice(0, 2).toSorted())
  })
})

/** What each response to a sign-in is in the audit log. */
const signIns: [string, Reply, Partial<AuditEvent>][] = [
  ['the wrong password', invalidGrant, { type: 'sign_in.failed', reason: 'invalid_credentials' }],
  ['an outage', json({}, 503), { type: 'sign_in.failed', reason: 'temporarily_unavailable' }],
  [
    'a wrong client secret',
    json({ error: 'invalid_client' }, 401),
    { type: 'sign_in.failed', reason: 'server_error' },
  ],
  ['a limit of the authorization server', json({}, 429), { type: 'sign_in.failed', reason: 'rate_limited' }],
]

describe('a sign-in', () => {
  it.each(signIns)('with %s is one event', async (_, reply, expected) => {
    const { signIn, events } = createAudited({}, reply)
    await signIn()
    expect(events).toMatchObject([expected])
  })

  it('that is throttled is an event of its own', async () => {
    const { sendRequest, events } = createAudited({ trustProxy: 1 }, invalidGrant)
    const body = { credentials: { username: 'cathy', password: 'p' } }
    for (let count = 0; count < 30; count += 1)
      await sendRequest('POST', '/session', body, { 'X-Forwarded-For': '203.0.113.7' })
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['sign_in.failed', 'sign_in.throttled']))
    expect(events).toHaveLength(30)
  })

  it('that is malformed is an event without anything that the client sent', async () => {
    const { sendRequest, events } = createAudited()
    await sendRequest('POST', '/session', { credentials: 'canary' })
    expect(events).toMatchObject([{ type: 'sign_in.failed', reason: 'invalid_request' }])
    expect(JSON.stringify(events)).not.toContain('canary')
  })
})

describe('a refresh', () => {
  it('is an event when it succeeds and when it fails', async () => {
    const { signIn, token, endpoint, clock, events } = createAudited()
    await signIn()
    await clock.pass(880)
    await token(1)
    await clock.pass(880)
    endpoint.script(json({}, 503))
    await token(2)
    expect(events.slice(1)).toMatchObject([
      { type: 'refresh.succeeded', sequence: 2 },
      { type: 'refresh.failed', reason: 'temporarily_unavailable' },
    ])
  })
})

describe('an event', () => {
  it('names the request as the log and the response do, and the client that a trusted proxy names', async () => {
    const lines: unknown[][] = []
    const record = (...line: unknown[]): void => void lines.push(line)
    const { sendRequest, events } = createAudited(
      { trustProxy: 1, logger: { info: record, warn: record, error: record } },
      json({ error: 'invalid_client' }, 401),
    )
    const body = { credentials: { username: 'cathy', password: 'p' } }
    const headers = { 'X-Forwarded-For': '203.0.113.7', 'X-Request-Id': 'edge-17' }
    const response = await sendRequest('POST', '/session', body, headers)
    expect(response.headers.get('X-Request-Id')).toBe('edge-17')
    expect(events).toMatchObject([{ request_id: 'edge-17', client_address: '203.0.113.7' }])
    expect(lines.at(-1)).toEqual([
      expect.stringContaining('Sign-in failed with 502') as string,
      { requestId: 'edge-17' },
    ])
  })

  it('has a random request id when no proxy is trusted, or when the one of the proxy could forge a log line', async () => {
    const body = { credentials: { username: 'cathy', password: 'p' } }
    for (const [options, id] of [
      [{}, 'edge-17'],
      [{ trustProxy: 1 }, 'edge 17 (request 18)'],
    ] as const) {
      const { sendRequest, events } = createAudited(options)
      await sendRequest('POST', '/session', body, { 'X-Forwarded-For': '203.0.113.7', 'X-Request-Id': id })
      expect(events[0]?.request_id).toMatch(/^[\w-]{16}$/)
    }
  })

  it('is sent for a request of another origin', async () => {
    const { sendRequest, events } = createAudited()
    await sendRequest('GET', '/session', undefined, { 'X-Latchkey': '' })
    expect(events).toMatchObject([{ type: 'request.rejected', reason: 'access_denied' }])
  })

  it.each([
    ['throws', () => Promise.reject(new Error('disk full'))],
    [
      'rejects',
      () => {
        throw new Error('disk full')
      },
    ],
  ])('changes nothing when the function %s, and the log says so once', async (_, onEvent) => {
    const { signIn, signOut, log } = createTestBff(rotating(), { onEvent })
    expect((await signIn()).status).toBe(200)
    expect((await signOut()).status).toBe(204)
    await vi.waitFor(() => expect(log.filter((line) => line.includes('onEvent failed'))).toHaveLength(1))
  })
})

it('the published JSON Schema is that of the events', async () => {
  // `npx vitest run --project bff audit-events -u` writes it.
  await expect(`${JSON.stringify(z.toJSONSchema(auditEventSchema), null, 2)}\n`).toMatchFileSnapshot(
    '../audit-event.schema.json',
  )
})
