import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorResponseSchema, sessionResponseSchema } from '../../src/wire-schemas.ts'
import { oauth2 } from '../../src/providers/index.ts'
import { createTestBff, page } from '../support/browser.ts'
import { createProxySetup } from '../support/proxy-setup.ts'
import { json, rotating } from '../support/token-endpoint.ts'
import { oddValue, overheard } from './answers.ts'
import { runs } from './runs.ts'

const some = runs(80)

/** Sends a request as it stands, if there can be one like it. */
function requestFrom(url: string, init: RequestInit): Request | null {
  try {
    return new Request(url, init)
  } catch {
    return null
  }
}

/** An answer of the BFF's own, parsed. */
async function judged(response: Response): Promise<{ status: number; error: string | undefined }> {
  const text = await response.text()
  expect(text).not.toContain(overheard)
  const { status } = response
  if (status === 204) return { status, error: undefined }
  const body: unknown = JSON.parse(text)
  if (status === 200) {
    expect(sessionResponseSchema.parse(body)).toEqual(body)
    return { status, error: undefined }
  }
  const known = errorResponseSchema.parse(body)
  expect(body).toEqual(known)
  expect([400, 401, 403, 404, 405, 413, 429, 502, 503]).toContain(status)
  return { status, error: known.error }
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
    overheard,
  ],
)
const given = fc.oneof(
  oddValue,
  fc.constantFrom(
    ...[
      '{"username":"cathy","password":"x"}',
      '{"username":"cathy"}',
      '{"username":["cathy"],"password":"x"}',
    ],
    ...['{"username":"a\\nb","password":"x"}', '{"__proto__":{"username":"cathy"},"password":"x"}'],
    ...[
      `{"username":"${overheard}","password":"${overheard}","${overheard}":"x"}`,
      '["read"]',
      '["read","read"]',
    ],
  ),
)
const body = fc.oneof(
  fc
    .array(fc.tuple(member, given), { maxLength: 4 })
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

describe('a request of any kind', () => {
  it('to a route of the BFF is answered, and changes nobody’s session', async () => {
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

    const scene = createTestBff(rotating())
    await scene.signIn()
    const cookie = [...scene.jar].map((pair) => pair.join('=')).join('; ')
    const { body: before } = await scene.restore()
    let signedIn = 0
    const property = fc.asyncProperty(methods, path, type, body, async (method, where, kind, own) => {
      const headers = {
        'X-Latchkey': '1',
        'Sec-Fetch-Site': 'same-origin',
        Origin: page,
        'Content-Type': kind,
      }
      const init = {
        method,
        headers: where === '/token' ? { ...headers, Cookie: cookie } : headers,
        ...(!['GET', 'HEAD'].includes(method) && { body: own }),
      }
      const sent = requestFrom(`${page}/auth${where}`, init)
      if (!sent) return
      const response = await scene.bff.fetch(sent)
      if (method === 'HEAD') return
      const { status } = await judged(response)
      if (method === 'POST' && status === 200) signedIn += 1
      expect(scene.log.join()).not.toContain(overheard)
      expect((await scene.restore()).body).toEqual(before)
    })
    await fc.assert(property, some)
    expect(signedIn).toBeGreaterThan(0)
  }, 600_000)

  it('with a cookie of any kind is nobody’s, or of whom it is', async () => {
    const scene = createTestBff(rotating())
    await scene.signIn()
    const [[name = '', ticket = ''] = []] = scene.jar
    const value = fc.oneof(
      fc.base64String({ minLength: 60, maxLength: 68 }),
      fc.stringMatching(/^[\w-]{64}$/),
      fc.string(),
      fc.constantFrom(
        '',
        '"',
        'A'.repeat(64),
        'A'.repeat(9000),
        `${ticket.slice(0, -1)}A`,
        `"${ticket}"`,
        `${ticket}=`,
        ticket.slice(1),
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
    const pair = fc.oneof(
      fc.tuple(names, value).map((own) => own.join('=')),
      fc.constantFrom(`${name}=${ticket}`, name, '=', ';', `; ${name}`),
      fc.string(),
    )
    const header = fc.array(pair, { maxLength: 4 }).map((pairs) => pairs.join('; '))
    let opened = 0
    const property = fc.asyncProperty(header, async (cookie) => {
      const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
      let sent: Request
      try {
        sent = new Request(`${page}/auth/session?peek`, { headers: { ...headers, Cookie: cookie } })
      } catch {
        return
      }
      const response = await scene.bff.fetch(sent)
      expect(response.status).toBe(200)
      const text = await response.clone().text()
      expect(text).not.toContain(ticket)
      await judged(response)
      const whole = cookie.split(';').some((own) => own.trim() === `${name}=${ticket}`)
      if (!text.includes('"session":null')) opened += 1
      if (!whole) expect(JSON.parse(text)).toMatchObject({ session: null })
    })
    await fc.assert(property, some)
    expect(opened).toBeGreaterThan(0)
  }, 600_000)

  it('that answers a challenge under any name is a first request, or of the one that was asked', async () => {
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
    const asks = json({ error: 'mfa_required', mfa_token: 'carried' }, 403)
    const id = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String({ minLength: 60, maxLength: 68 }),
      fc.stringMatching(/^[\w-]{64}$/),
      fc.constantFrom('__proto__', '', 'x'.repeat(9000), 'the cookie', 'its own name'),
    )
    const typed = fc.dictionary(
      fc.constantFrom('otp', 'username', 'password', 'mfa_token', '__proto__'),
      fc.string(),
    )
    const scene = createTestBff(asks, { provider })
    const property = fc.asyncProperty(id, typed, async (name, own) => {
      scene.endpoint.requests.length = 0
      const asked = await scene.signIn()
      const cookie = scene.jar.get('__Host-Http-latchkey')
      const known: Record<string, string | undefined> = {
        'the cookie': cookie,
        'its own name': asked.body.challenge?.id,
      }
      const challenge = known[name] ?? name
      const answer = await scene.sendRequest('POST', '/session', { credentials: own, challenge })
      expect([400, 401, 429]).toContain(answer.status)
      errorResponseSchema.parse(answer.body)
      const carried = scene.endpoint.requests.filter(
        ({ parameters }) => parameters.get('mfa_token') === 'carried',
      )
      if (challenge !== asked.body.challenge?.id) expect(carried).toEqual([])
      expect(answer.text).not.toContain('carried')
    })
    await fc.assert(property, some)
  }, 600_000)

  it('through the proxy stays on its route, and has an answer', async () => {
    const scene = await createProxySetup()
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
    let passed = 0
    const property = fc.asyncProperty(
      path,
      fc.constantFrom('GET', 'POST', 'DELETE'),
      async ([start, pieces], method) => {
        const url = start + pieces.join('')
        if (!URL.canParse(page + url)) return
        scene.received.length = 0
        const response = await scene.send(url, { method })
        if (scene.received.length === 0) {
          await judged(response)
          return
        }
        passed += 1
        expect(response.status).toBe(200)
        const reached = scene.received[0]?.url ?? ''
        expect(reached).toMatch(
          /^https:\/\/(api\.example\.com\/v1\/(items\/|me([?#]|$))|special\.example\.com\/s\/)/,
        )
        expect(decodeURIComponent(new URL(reached).pathname)).not.toMatch(/(^|\/)\.\.?(\/|$)|\\/)
      },
    )
    await fc.assert(property, some)
    expect(passed).toBeGreaterThan(0)
  }, 600_000)
})
