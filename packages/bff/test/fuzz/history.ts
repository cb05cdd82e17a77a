import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { maxLifetimeSeconds } from '@latchkey/wire'
import { errorResponseSchema, sessionResponseSchema } from '../../src/wire-schemas.ts'
import type { BffOptions, ProviderDescription } from '../../src/index.ts'
import type { BrowserResponse } from '../support/browser.ts'
import { createTestBff, flushPromises } from '../support/browser.ts'
import type { Reply } from '../support/token-endpoint.ts'
import type { Spoken } from './answers.ts'
import { carriedCanary, hangs, overheard, readBy, refreshCanary, replyWith } from './answers.ts'
import { secretCanary } from './presets.ts'

/** Milliseconds of real time in which a request has its answer; the time limit of one that hangs is far below. */
const soon = 4000
const longestWait = 86_400
const inSeconds = { from: '/expires_in', as: 'seconds' } as const

/** The statuses that go with each code. */
const statuses: Record<string, number[]> = {
  invalid_request: [400, 404, 405, 413],
  invalid_credentials: [401],
  challenge_required: [401],
  login_required: [401],
  access_denied: [403],
  rate_limited: [429],
  server_error: [502],
  temporarily_unavailable: [503],
}

/** A BFF before a server that says what it is told to say, watched at every answer. */
export function createWatched(provider: ProviderDescription, spoken: Spoken[], document?: Spoken) {
  const automatic = provider.login?.mode === 'automatic'
  const { tokenPlacement } = provider.resource ?? {}
  const byAuthorization =
    tokenPlacement === undefined || !('scheme' in tokenPlacement) || tokenPlacement.scheme !== ''
  const typed = Object.keys(provider.login?.fields ?? (automatic ? {} : { username: {}, password: {} }))
  const username = provider.login?.username ?? 'username'
  const credentials = Object.fromEntries(
    typed.map((name) => [name, name === username ? 'cathy' : `canary-of-${name}`]),
  )
  const secrets = [
    ...[secretCanary, refreshCanary, carriedCanary, 'canary-of-', overheard],
    Buffer.from(`portal:${secretCanary}`).toString('base64'),
  ]
  const asked = Object.values(provider.grants).flatMap(({ scope }) => scope?.default ?? [])
  /** Everywhere that a good answer may be read. */
  const responses = [
    provider.response ?? {},
    ...Object.values(provider.grants).map((grant) => grant.response ?? {}),
  ]
  /** What the token endpoint has said so far. */
  const delivered: Spoken[] = []
  let current: Spoken | undefined

  const reply: Reply = (request) => {
    const { href, pathname } = request.url
    if (pathname.includes('/.well-known/')) {
      const issuer = 'discovery' in provider.token ? provider.token.discovery : ''
      const root = issuer.replace(/\/$/, '')
      const good = { issuer, token_endpoint: `${root}/token`, revocation_endpoint: `${root}/revoke` }
      return document ? replyWith(document)(request) : Response.json(good)
    }
    if (!current) throw new Error('Nobody has said what to say')
    if (href !== provider.revocation?.url && pathname !== '/revoke') delivered.push(current)
    return replyWith(current)(request)
  }
  const options: Partial<BffOptions> = {
    provider,
    ...(automatic && { authorize: () => ({ subject: 'somebody' }) }),
    ...(automatic && { dangerouslyGiveMachineTokenToBrowser: true }),
    mode: byAuthorization ? 'token' : 'proxy',
    ...([...spoken, ...(document ? [document] : [])].some(hangs) && { timeout: 0.02 }),
  }
  const scene = createTestBff(reply, options)

  async function watched(what: Spoken, ask: () => Promise<BrowserResponse>): Promise<BrowserResponse> {
    current = what
    const before = scene.clock.now()
    const answer = await inTime(ask())
    expect(scene.clock.now()).toBe(before)
    check(answer)
    return answer
  }

  function check(answer: BrowserResponse): void {
    const { status, body, text, headers } = answer
    expect(JSON.stringify([...headers])).not.toContain(overheard)
    for (const name of ['location', 'access-control-allow-origin']) expect(headers.has(name)).toBe(false)
    expect([...Object.keys(Object.prototype), ...Object.keys(Array.prototype)]).toEqual([])
    for (const secret of [...secrets, ...scene.jar.values()]) {
      expect(scene.log.join('\n')).not.toContain(secret)
      expect(headers.get('www-authenticate') ?? '').not.toContain(secret)
      if (status !== 200) expect(text).not.toContain(secret)
    }
    for (const cookie of scene.jar.values()) expect(text).not.toContain(cookie)
    if (status === 204) return expect(text).toBe('')
    if (status !== 200) {
      const known = errorResponseSchema.parse(body)
      expect(body).toEqual(known)
      expect(statuses[known.error]).toContain(status)
      const { retry_after: wait = 0 } = known
      expect(Number.isInteger(wait) && wait >= 0 && wait <= longestWait).toBe(true)
      expect(headers.get('retry-after') ?? '0').toBe(String(wait))
      return
    }
    const { session, token } = sessionResponseSchema.parse(body)
    expect(
      Object.keys(body).filter((name) => !['session', 'token', 'mode', 'sign_in'].includes(name)),
    ).toEqual([])
    if (token) checkToken(token)
    if (session) {
      for (const [name, value] of Object.entries(session.user ?? {})) expect(told(name)).toContainEqual(value)
      const granted = new Set(delivered.flatMap((one) => words(bodyOf(one)?.['scope'])))
      for (const value of session.scope) expect([...granted, ...asked]).toContain(value)
      if (text.includes(refreshCanary) || text.includes(secretCanary)) throw new Error('a secret is told')
    }
  }

  function checkToken({
    access_token: token,
    expires_in: left,
  }: NonNullable<BrowserResponse['body']['token']>): void {
    expect(byAuthorization).toBe(true)
    expect(token).toMatch(/^[!-~]+$/)
    const issuing = delivered.filter(
      (one) => one.status >= 200 && one.status < 300 && tokensIn(one).includes(token),
    )
    expect(issuing).not.toEqual([])
    if (left !== null) expect(Number.isInteger(left) && left >= 0 && left <= maxLifetimeSeconds).toBe(true)
    const lifetimes = issuing.map((one) => bodyOf(one)?.['expires_in'])
    const isTold = lifetimes.every((lifetime) => typeof lifetime === 'number' && lifetime >= 0)
    const isFirst = responses.every(({ expiry: [first] = [inSeconds] }) =>
      isDeepStrictEqual(first, inSeconds),
    )
    if (isTold && isFirst) expect(left).toBeLessThanOrEqual(Math.max(...(lifetimes as number[])))
  }

  /** What a body holds, as far as this provider's bodies can be read. */
  function bodyOf(one: Spoken): Record<string, unknown> | null {
    const lenient = responses.some(({ json }) => json === 'trailing-commas')
    return readBy(one) ?? (lenient ? readBy({ ...one, body: String(one.body).replace(/,\s*}$/, '}') }) : null)
  }

  function tokensIn(one: Spoken): unknown[] {
    return responses.map(({ fields }) => bodyOf(one)?.[(fields?.access_token ?? '/access_token').slice(1)])
  }

  /** What the answers so far have said of the user under that name. */
  function told(name: string): unknown[] {
    const described = responses.flatMap(({ user, extraUserFields: extras = [] }) =>
      delivered.map(bodyOf).flatMap((body) => {
        const places = [
          user === undefined ? null : body?.[user.slice(1)],
          extras.includes(name) ? body : null,
        ]
        return places.map((place) =>
          plain(Object.entries(place ?? {}).findLast(([own]) => own === name)?.[1]),
        )
      }),
    )
    return name === 'username' ? [...described, credentials[username]] : described
  }

  return {
    ...scene,
    automatic,
    credentials,
    delivered,
    watched,
    /** A sign-in whose answer is for somebody else to judge. */
    unjudged(what: Spoken): Promise<BrowserResponse> {
      current = what
      return inTime(scene.sendRequest('POST', '/session', { credentials }))
    },
    signIn: (what: Spoken, more: object = {}) =>
      watched(what, () => scene.sendRequest('POST', '/session', { credentials, ...more })),
    /** Resolves when nothing runs in the background any more. */
    async closed() {
      const closing = scene.bff.close()
      await flushPromises()
      await scene.clock.pass(11)
      await inTime(closing)
      for (const secret of secrets) expect(scene.log.join('\n')).not.toContain(secret)
    },
  }
}

/** As it arrives in JSON; `null` when it cannot be written. */
function plain(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown
  } catch {
    return null
  }
}

function words(scope: unknown): string[] {
  const text = Array.isArray(scope) ? scope.filter((one) => typeof one === 'string').join(' ') : scope
  return typeof text === 'string' ? text.split(/[^!-~]+/) : []
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let alarm: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    alarm = setTimeout(() => reject(new Error(`no answer within ${soon} ms`)), soon)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(alarm))
}

const unheard = ['silent', 'stalled', 'thrown', 'failed', 'hidden', 'broken off', 'endless']

/** Whether an answer to a refresh says that the session has ended: an outage and nonsense never do. */
export function isDefinite(
  spoken: Spoken,
  { errors, refresh, login, response }: ProviderDescription,
): boolean {
  if (unheard.includes(spoken.way)) return false
  const body = readBy(spoken)
  const { status } = spoken
  const isRead = body !== null || response?.json === 'trailing-commas'
  const said = isRead ? Buffer.from(spoken.body).toString().toLowerCase() : ''
  // Who asks again from the start is refused like somebody who signs in.
  if (refresh.mode === 'reissue' && login?.mode !== 'automatic' && [400, 401, 403, 422].includes(status))
    return true
  if (refresh.mode === 'reissue' && status < 300 && body && 'error' in body) return true
  const ends = (errors?.map ?? []).filter(
    ({ outcome: as, during: on }) =>
      on !== 'sign-in' && ['session_ended', 'access_denied', 'invalid_credentials'].includes(as),
  )
  const challenges = (errors?.challenges ?? []).map(({ when }) => when)
  const fits = (rule: {
    status?: number | undefined
    code?: string | undefined
    contains?: string | undefined
  }) =>
    (rule.status === undefined || rule.status === status) &&
    [rule.code, rule.contains].every((word) => word === undefined || said.includes(word.toLowerCase()))
  return said.includes('"invalid_grant"') || ends.some(fits) || challenges.some(fits)
}
