import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorResponseSchema, sessionResponseSchema } from '../../src/wire-schemas.ts'
import { oauth2 } from '../../src/providers/index.ts'
import { createTestBff, page } from '../support/browser.ts'
import { createProxySetup } from '../support/proxy-setup.ts'
import { json, rotating } from '../support/token-endpoint.ts'
import { oddValue, serverCanary } from './server-responses.ts'
import { runs } from './runs.ts'

const some = runs(80)

/** Creates a request, or `null` when no such request is possible. */
function createRequest(url: string, init: RequestInit): Request | null {
  try {
    return new Request(url, init)
  } catch {
    return null
  }
}

/** Parses a response of the BFF itself and expects it to follow the wire contract. */
async function parseBffResponse(response: Response): Promise<{ status: number; error: string | undefined }> {
  const text = await response.text()
  expect(text).not.toContain(serverCanary)
  const { status } = response
  if (status === 204) return { status, error: undefined }
  const body: unknown = JSON.parse(text)
  if (status === 200) {
    expect(sessionResponseSchema.parse(body)).toEqual(body)
    return { status, error: undefined }
  }
  const parsed = errorResponseSchema.parse(body)
  expect(body).toEqual(parsed)
  expect([400, 401, 403, 404, 405, 413, 429, 502, 503]).toContain(status)
  return { status, error: parsed.error }
}

const member = fc.constantFrom(
  ...[
    'credentials',
    'scope',
    'remember',
    'challenge',
    'session_id',
    'after',
    '__proto__',
    'constructor',
    serverCanary,
  ],
)
const memberValue = fc.oneof(
  oddValue,
  fc.constantFrom(
    ...[
      '{"username":"cathy","password":"x"}',
      '{"username":"cathy"}',
      '{"username":["cathy"],"password":"x"}',
    ],
    ...['{"username":"a\\nb","password":"x"}', '{"__proto__":{"username":"cathy"},"password":"x"}'],
    ...[
      `{"username":"${serverCanary}","password":"${serverCanary}","${serverCanary}":"x"}`,
      '["read"]',
      '["read","read"]',
    ],
  ),
)
const body = fc.oneof(
  fc
    .array(fc.tuple(member, memberValue), { maxLength: 4 })
    .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
  { weight: 3, arbitrary: fc.constant('{"credentials":{"username":"cathy","password":"x"}}') },
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from(bytes)),
  fc.constantFrom(
    '['.repeat(16_000),
    '{"credentials":'.repeat(900),
    'x'.repeat(20_000),
    '\u{feff}{}',
    '{}{}',
    '',
  ),
)

describe('a random request', () => {
  it('to a route of the BFF gets a response, and changes no session', async () => {
    const methods = fc.constantFrom(...'POST POST POST GET DELETE PUT HEAD OPTIONS constructor'.split(' '))
    const near =
      '/session/ /session?everywhere /session?peek //session /%73ession /constructor /__proto__ /session?session_id=x ' +
      '/session#x /.. /./token /token;x /\\session ? /%'
    const elsewhere = fc.oneof(
      fc.constantFrom(...near.split(' ')),
      fc.webPath(),
      fc.string().map((text) => `/${text}`),
    )
    const routes = fc.constantFrom('/session', '/token')
    const path = fc.oneof({ weight: 4, arbitrary: routes }, { weight: 1, arbitrary: elsewhere })
    const types = [
      'application/json',
      'Application/JSON; charset=latin1',
      'text/plain',
      'application/jsonx',
      '',
    ]
    const type = fc.oneof(fc.constant('application/json'), fc.constantFrom(...types))

    const setup = createTestBff(rotating())
    await setup.signIn()
    const cookie = [...setup.jar].map((pair) => pair.join('=')).join('; ')
    const { body: before } = await setup.restore()
    let signInCount = 0
    const property = fc.asyncProperty(
      methods,
      path,
      type,
      body,
      async (method, target, contentType, content) => {
        const headers = {
          'X-Latchkey': '1',
          'Sec-Fetch-Site': 'same-origin',
          Origin: page,
          'Content-Type': contentType,
        }
        const init = {
          method,
          headers: target === '/token' ? { ...headers, Cookie: cookie } : headers,
          ...(!['GET', 'HEAD'].includes(method) && { body: content }),
        }
        const request = createRequest(`${page}/auth${target}`, init)
        if (!request) return
        const response = await setup.bff.fetch(request)
        if (method === 'HEAD') return
        const { status } = await parseBffResponse(response)
        if (method === 'POST' && status === 200) signInCount += 1
        expect(setup.log.join()).not.toContain(serverCanary)
        expect((await setup.restore()).body).toEqual(before)
      },
    )
    await fc.assert(property, some)
    expect(signInCount).toBeGreaterThan(0)
  }, 600_000)

  it('with a random cookie opens no session but the one of the whole cookie', async () => {
    const setup = createTestBff(rotating())
    await setup.signIn()
    const [[name = '', cookieValue = ''] = []] = setup.jar
    const value = fc.oneof(
      fc.base64String({ minLength: 60, maxLength: 68 }),
      fc.stringMatching(/^[\w-]{64}$/),
      fc.string(),
      fc.constantFrom(
        '',
        '"',
        'A'.repeat(64),
        'A'.repeat(9000),
        `${cookieValue.slice(0, -1)}A`,
        `"${cookieValue}"`,
        `${cookieValue}=`,
        cookieValue.slice(1),
      ),
    )
    const names = fc.constantFrom(
      name,
      `${name} `,
      'latchkey',
      `${name}-app`,
      name.toLowerCase(),
      '__proto__',
    )
    const cookiePair = fc.oneof(
      fc.tuple(names, value).map((pair) => pair.join('=')),
      fc.constantFrom(`${name}=${cookieValue}`, name, '=', ';', `; ${name}`),
      fc.string(),
    )
    const header = fc.array(cookiePair, { maxLength: 4 }).map((pairs) => pairs.join('; '))
    let openedCount = 0
    const property = fc.asyncProperty(header, async (cookie) => {
      const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
      let request: Request
      try {
        request = new Request(`${page}/auth/session?peek`, { headers: { ...headers, Cookie: cookie } })
      } catch {
        return
      }
      const response = await setup.bff.fetch(request)
      expect(response.status).toBe(200)
      const text = await response.clone().text()
      expect(text).not.toContain(cookieValue)
      await parseBffResponse(response)
      const isWhole = cookie.split(';').some((part) => part.trim() === `${name}=${cookieValue}`)
      if (!text.includes('"session":null')) openedCount += 1
      if (!isWhole) expect(JSON.parse(text)).toMatchObject({ session: null })
    })
    await fc.assert(property, some)
    expect(openedCount).toBeGreaterThan(0)
  }, 600_000)

  it('with a random challenge continues no challenge but the one of that id', async () => {
    const base = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
    const provider = {
      ...base,
      grants: { ...base.grants, 'mfa-otp': { clientAuth: 'none' as const } },
      errors: {
        challenges: [
          {
            when: { code: 'mfa_required' },
            fields: { otp: { label: 'Code', type: 'otp' as const } },
            forward: { mfa_token: '/mfa_token' },
            grant: 'mfa-otp',
          },
        ],
      },
    }
    const challengeReply = json({ error: 'mfa_required', mfa_token: 'continuation' }, 403)
    const id = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String({ minLength: 60, maxLength: 68 }),
      fc.stringMatching(/^[\w-]{64}$/),
      fc.constantFrom('__proto__', '', 'x'.repeat(9000), 'the cookie', 'the right id'),
    )
    const entered = fc.dictionary(
      fc.constantFrom('otp', 'username', 'password', 'mfa_token', '__proto__'),
      fc.string(),
    )
    const setup = createTestBff(challengeReply, { provider })
    const property = fc.asyncProperty(id, entered, async (kind, fields) => {
      setup.endpoint.requests.length = 0
      const first = await setup.signIn()
      const cookie = setup.jar.get('__Host-Http-latchkey')
      const ids: Record<string, string | undefined> = {
        'the cookie': cookie,
        'the right id': first.body.challenge?.id,
      }
      const challenge = ids[kind] ?? kind
      const response = await setup.sendRequest('POST', '/session', { credentials: fields, challenge })
      expect([400, 401, 429]).toContain(response.status)
      errorResponseSchema.parse(response.body)
      const continuing = setup.endpoint.requests.filter(
        ({ parameters }) => parameters.get('mfa_token') === 'continuation',
      )
      if (challenge !== first.body.challenge?.id) expect(continuing).toEqual([])
      expect(response.text).not.toContain('continuation')
    })
    await fc.assert(property, some)
  }, 600_000)

  it('through the proxy stays on its route, and gets a response', async () => {
    const setup = await createProxySetup()
    const piece = fc.constantFrom(
      ...[
        '..',
        '.',
        '%2e%2e',
        '%2E',
        '%252e',
        '/',
        '//',
        '\\',
        '%2f',
        '%5c',
        ';',
        ';x=1',
        '?',
        '#',
        '%',
        '%zz',
        '%00',
      ],
      ...[
        '%25',
        '%c0%ae',
        'a',
        'é',
        '@',
        ':',
        'https://evil.example.com',
        '*',
        '%E2%80%AE',
        ' ',
        '\t',
        '~',
        '&access_token=x',
      ],
    )
    const path = fc.tuple(
      fc.constantFrom('/api/items/', '/api/me', '/api/items/special/', '/api/'),
      fc.array(piece, { maxLength: 8 }),
    )
    let forwardedCount = 0
    const property = fc.asyncProperty(
      path,
      fc.constantFrom('GET', 'POST', 'DELETE'),
      async ([start, pieces], method) => {
        const url = start + pieces.join('')
        if (!URL.canParse(page + url)) return
        setup.received.length = 0
        const response = await setup.send(url, { method })
        if (setup.received.length === 0) {
          await parseBffResponse(response)
          return
        }
        forwardedCount += 1
        expect(response.status).toBe(200)
        const upstreamUrl = setup.received[0]?.url ?? ''
        expect(upstreamUrl).toMatch(
          /^https:\/\/(api\.example\.com\/v1\/(items\/|me([?#]|$))|special\.example\.com\/s\/)/,
        )
        expect(decodeURIComponent(new URL(upstreamUrl).pathname)).not.toMatch(/(^|\/)\.\.?(\/|$)|\\/)
      },
    )
    await fc.assert(property, some)
    expect(forwardedCount).toBeGreaterThan(0)
  }, 600_000)
})
