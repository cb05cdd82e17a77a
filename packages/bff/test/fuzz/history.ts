import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { maxLifetimeSeconds } from '@latchkey/wire'
import { errorResponseSchema, sessionResponseSchema } from '../../src/wire-schemas.ts'
import type { BffOptions, ProviderDescription } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform.ts'
import type { BrowserResponse } from '../support/browser.ts'
import { createTestBff, flushPromises } from '../support/browser.ts'
import type { Reply } from '../support/token-endpoint.ts'
import type { ServerResponse } from './server-responses.ts'
import {
  continuationCanary,
  isHanging,
  serverCanary,
  parseBody,
  refreshCanary,
  createReply,
} from './server-responses.ts'
import { secretCanary } from './presets.ts'

/** Milliseconds of real time within which every request gets a response; the timeout of a hanging one is far below. */
const maxResponseMs = 4000
const maxRetryAfterSeconds = 86_400
const inSeconds = { from: '/expires_in', as: 'seconds' } as const

/** The statuses of each error code. */
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

/** A BFF in front of a server that responds by script; every response of the BFF is checked. */
export function createCheckedBff(
  provider: ProviderDescription,
  script: ServerResponse[],
  document?: ServerResponse,
) {
  const isAutomatic = provider.login?.mode === 'automatic'
  const { tokenPlacement } = provider.resource ?? {}
  const usesAuthorization =
    tokenPlacement === undefined || !('scheme' in tokenPlacement) || tokenPlacement.scheme !== ''
  const fieldNames = Object.keys(
    provider.login?.fields ?? (isAutomatic ? {} : { username: {}, password: {} }),
  )
  const username = provider.login?.username ?? 'username'
  const credentials = Object.fromEntries(
    fieldNames.map((name) => [name, name === username ? 'cathy' : `canary-of-${name}`]),
  )
  const secrets = [
    ...[secretCanary, refreshCanary, continuationCanary, 'canary-of-', serverCanary],
    Buffer.from(`portal:${secretCanary}`).toString('base64'),
  ]
  const requestedScope = Object.values(provider.grants).flatMap(({ scope }) => scope?.default ?? [])
  /** How a successful response may be read. */
  const responseRules = [
    provider.response ?? {},
    ...Object.values(provider.grants).map((grant) => grant.response ?? {}),
  ]
  /** The responses of the token endpoint so far. */
  const delivered: ServerResponse[] = []
  let current: ServerResponse | undefined

  const reply: Reply = (request) => {
    const { href, pathname } = request.url
    if (pathname.includes('/.well-known/')) {
      const issuer = 'discovery' in provider.token ? provider.token.discovery : ''
      const root = issuer.replace(/\/$/, '')
      const metadata = { issuer, token_endpoint: `${root}/token`, revocation_endpoint: `${root}/revoke` }
      return document ? createReply(document)(request) : Response.json(metadata)
    }
    if (!current) throw new Error('The script has no response for this request')
    if (href !== provider.revocation?.url && pathname !== '/revoke') delivered.push(current)
    return createReply(current)(request)
  }
  const options: Partial<BffOptions> = {
    provider,
    ...(isAutomatic && { authorize: () => ({ subject: 'caller' }) }),
    ...(isAutomatic && { dangerouslyGiveMachineTokenToBrowser: true }),
    mode: usesAuthorization ? 'token' : 'proxy',
    ...([...script, ...(document ? [document] : [])].some(isHanging) && { timeout: 0.02 }),
    platform: { startTimer: (...timer) => nodePlatform.startTimer(...timer) },
  }
  const setup = createTestBff(reply, options)

  async function sendChecked(
    next: ServerResponse,
    send: () => Promise<BrowserResponse>,
  ): Promise<BrowserResponse> {
    current = next
    const before = setup.clock.now()
    const response = await rejectWhenLate(send())
    expect(setup.clock.now()).toBe(before)
    check(response)
    return response
  }

  function check(answer: BrowserResponse): void {
    const { status, body, text, headers } = answer
    expect(JSON.stringify([...headers])).not.toContain(serverCanary)
    for (const name of ['location', 'access-control-allow-origin']) expect(headers.has(name)).toBe(false)
    expect([...Object.keys(Object.prototype), ...Object.keys(Array.prototype)]).toEqual([])
    for (const secret of [...secrets, ...setup.jar.values()]) {
      expect(setup.log.join('\n')).not.toContain(secret)
      expect(headers.get('www-authenticate') ?? '').not.toContain(secret)
      if (status !== 200) expect(text).not.toContain(secret)
    }
    for (const cookie of setup.jar.values()) expect(text).not.toContain(cookie)
    if (status === 204) return expect(text).toBe('')
    if (status !== 200) {
      const known = errorResponseSchema.parse(body)
      expect(body).toEqual(known)
      expect(statuses[known.error]).toContain(status)
      const { retry_after: wait = 0 } = known
      expect(Number.isInteger(wait) && wait >= 0 && wait <= maxRetryAfterSeconds).toBe(true)
      expect(headers.get('retry-after') ?? '0').toBe(String(wait))
      return
    }
    const { session, token, reason } = sessionResponseSchema.parse(body)
    if (session) expect(reason).toBeUndefined()
    expect(
      Object.keys(body).filter((name) => !['session', 'reason', 'token', 'mode', 'sign_in'].includes(name)),
    ).toEqual([])
    if (token) checkToken(token)
    if (session) {
      for (const [name, value] of Object.entries(session.user ?? {}))
        expect(listUserValues(name)).toContainEqual(value)
      const granted = new Set(delivered.flatMap((response) => splitScope(readBody(response)?.['scope'])))
      for (const value of session.scope) expect([...granted, ...requestedScope]).toContain(value)
      if (text.includes(refreshCanary) || text.includes(secretCanary))
        throw new Error('The response contains a secret')
    }
  }

  function checkToken({
    access_token: token,
    expires_in: left,
  }: NonNullable<BrowserResponse['body']['token']>): void {
    expect(usesAuthorization).toBe(true)
    expect(token).toMatch(/^[!-~]+$/)
    const issuing = delivered.filter(
      (response) => response.status >= 200 && response.status < 300 && listTokens(response).includes(token),
    )
    expect(issuing).not.toEqual([])
    if (left !== null) expect(Number.isInteger(left) && left >= 0 && left <= maxLifetimeSeconds).toBe(true)
    const lifetimes = issuing.map((response) => readBody(response)?.['expires_in'])
    const isKnown = lifetimes.every((lifetime) => typeof lifetime === 'number' && lifetime >= 0)
    const isFirst = responseRules.every(({ expiry: [first] = [inSeconds] }) =>
      isDeepStrictEqual(first, inSeconds),
    )
    if (isKnown && isFirst) expect(left).toBeLessThanOrEqual(Math.max(...(lifetimes as number[])))
  }

  /** Parses a body as this provider's description does. */
  function readBody(response: ServerResponse): Record<string, unknown> | null {
    const isLenient = responseRules.some(({ json }) => json === 'trailing-commas')
    const body = String(response.body).replace(/,\s*}$/, '}')
    return parseBody(response) ?? (isLenient ? parseBody({ ...response, body }) : null)
  }

  function listTokens(response: ServerResponse): unknown[] {
    return responseRules.map(
      ({ fields }) => readBody(response)?.[(fields?.access_token ?? '/access_token').slice(1)],
    )
  }

  /** The values of one member of the user in all responses so far. */
  function listUserValues(name: string): unknown[] {
    const described = responseRules.flatMap(({ user, extraUserFields = [] }) =>
      delivered.map(readBody).flatMap((body) => {
        const sources = [
          user === undefined ? null : body?.[user.slice(1)],
          extraUserFields.includes(name) ? body : null,
        ]
        return sources.map((source) =>
          toJson(Object.entries(source ?? {}).findLast(([member]) => member === name)?.[1]),
        )
      }),
    )
    return name === 'username' ? [...described, credentials[username]] : described
  }

  return {
    ...setup,
    isAutomatic,
    credentials,
    delivered,
    sendChecked,
    /** Signs in without checking the response. */
    signInUnchecked(next: ServerResponse): Promise<BrowserResponse> {
      current = next
      return rejectWhenLate(setup.sendRequest('POST', '/session', { credentials }))
    },
    signIn: (next: ServerResponse, members: object = {}) =>
      sendChecked(next, () => setup.sendRequest('POST', '/session', { credentials, ...members })),
    /** Closes the BFF, and resolves when no background task is running. */
    async close() {
      const closing = setup.bff.close()
      await flushPromises()
      await setup.clock.pass(11)
      await rejectWhenLate(closing)
      for (const secret of secrets) expect(setup.log.join('\n')).not.toContain(secret)
    },
  }
}

/** Returns a value after a round trip through JSON; `null` when it cannot be serialized. */
function toJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown
  } catch {
    return null
  }
}

function splitScope(scope: unknown): string[] {
  const text = Array.isArray(scope) ? scope.filter((item) => typeof item === 'string').join(' ') : scope
  return typeof text === 'string' ? text.split(/[^!-~]+/) : []
}

async function rejectWhenLate<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no response within ${maxResponseMs} ms`)), maxResponseMs)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const incompleteDeliveries = ['silent', 'stalled', 'thrown', 'failed', 'hidden', 'broken off', 'endless']

/** Whether a response to a refresh may end the session: an outage and nonsense may not. */
export function canEndSession(
  serverResponse: ServerResponse,
  { errors, refresh, login, response }: ProviderDescription,
): boolean {
  if (incompleteDeliveries.includes(serverResponse.delivery)) return false
  const body = parseBody(serverResponse)
  const { status } = serverResponse
  const isRead = body !== null || response?.json === 'trailing-commas'
  const bodyText = isRead ? Buffer.from(serverResponse.body).toString().toLowerCase() : ''
  // A reissue is rejected like a sign-in.
  if (refresh.mode === 'reissue' && login?.mode !== 'automatic' && [400, 401, 403, 422].includes(status))
    return true
  if (refresh.mode === 'reissue' && status < 300 && body && 'error' in body) return true
  const endingRules = (errors?.map ?? []).filter(
    ({ outcome, during }) =>
      during !== 'sign-in' && ['session_ended', 'access_denied', 'invalid_credentials'].includes(outcome),
  )
  const challenges = (errors?.challenges ?? []).map(({ when }) => when)
  const isMatch = (rule: {
    status?: number | undefined
    code?: string | undefined
    contains?: string | undefined
  }) =>
    (rule.status === undefined || rule.status === status) &&
    [rule.code, rule.contains].every((text) => text === undefined || bodyText.includes(text.toLowerCase()))
  return bodyText.includes('"invalid_grant"') || endingRules.some(isMatch) || challenges.some(isMatch)
}
