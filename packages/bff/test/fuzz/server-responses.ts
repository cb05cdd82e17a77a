import fc from 'fast-check'
import type { ProviderDescription } from '../../src/index.ts'
import type { Reply } from '../support/token-endpoint.ts'

/** What an authorization server responds to one request. */
export interface ServerResponse {
  status: number
  headers: [name: string, value: string][]
  body: string | Uint8Array
  delivery: Delivery
}

/**
 * How a response arrives: in one piece or many; broken off; begun and never ended, silently or endlessly; never; as an
 * error of `fetch`; or with the status 0 of an opaque response.
 */
type Delivery =
  | 'whole'
  | 'pieces'
  | 'broken off'
  | 'stalled'
  | 'endless'
  | 'silent'
  | 'thrown'
  | 'failed'
  | 'hidden'

/** Part of everything that the server writes and that must reach neither page nor log. */
export const serverCanary = 'zq-serverCanary'
export const refreshCanary = 'canary-of-the-refresh-token'
export const continuationCanary = 'canary-of-what-is-carried'

/** Whether only the timeout ends the request. */
export function isHanging({ delivery }: ServerResponse): boolean {
  return delivery === 'stalled' || delivery === 'silent'
}

export function createReply(response: ServerResponse): Reply {
  return () => {
    const { status, delivery } = response
    if (delivery === 'silent') return new Promise<Response>(() => {})
    if (delivery === 'failed') throw new TypeError(serverCanary, { cause: { code: 'ECONNRESET' } })
    // oxlint-disable-next-line no-throw-literal -- some runtimes and wrappers do
    if (delivery === 'thrown') throw serverCanary
    if (delivery === 'hidden') return Response.error()
    const headers = new Headers(response.headers)
    const empty = [204, 205, 304].includes(status)
    return new Response(empty ? null : createBodyStream(response), { status, headers })
  }
}

function createBodyStream({ body, delivery }: ServerResponse): ReadableStream<Uint8Array> {
  const bytes = toBytes(body)
  const piece = delivery === 'pieces' ? Math.max(1, Math.ceil(bytes.length / 9)) : Math.max(1, bytes.length)
  let sent = 0
  return new ReadableStream({
    pull(stream) {
      if (sent < bytes.length) {
        const part = delivery === 'broken off' ? Math.ceil(bytes.length / 2) : piece
        stream.enqueue(bytes.subarray(sent, sent + part))
        sent = delivery === 'broken off' ? bytes.length : sent + part
        return
      }
      if (delivery === 'broken off') stream.error(new Error(serverCanary))
      else if (delivery === 'endless') stream.enqueue(new Uint8Array(8192).fill(0x20))
      else if (delivery !== 'stalled') stream.close()
      else return new Promise<void>(() => {})
    },
  })
}

function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body
}

/** Parses the JSON object of a complete body; `null` when it has none. */
export function parseBody(response: ServerResponse): Record<string, unknown> | null {
  if (!['whole', 'pieces'].includes(response.delivery)) return null
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(toBytes(response.body)))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const deep = (levels: number): string[] => [
  `${'['.repeat(levels)}${']'.repeat(levels)}`,
  `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
]

/** The text of one JSON value, of a kind that is hardly ever valid. */
export const oddValue: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...[
        'null',
        'true',
        'false',
        '[]',
        '{}',
        '""',
        '" "',
        '"a b"',
        '"é"',
        '"\\u0000"',
        '"\\ud800"',
        '"\\r\\n"',
      ],
      ...[
        '0',
        '-0',
        '-1',
        '1.5',
        '1e400',
        '-1e400',
        '1e-400',
        '1e308',
        '99999999999999999999',
        '253402300799',
      ],
      ...[
        '1767226500',
        '1767226500000',
        '"3600"',
        '" 900 "',
        '"-5"',
        '"NaN"',
        '"Infinity"',
        '"0x10"',
        '"1e9"',
      ],
      ...[
        '"2026-01-01T00:15:00Z"',
        '"2026-01-01T00:15:00"',
        '"2026-13-45T99:99:99Z"',
        '"9999-12-31T23:59:59Z"',
      ],
      ...['"Thu, 01 Jan 2026 00:20:00 GMT"', '"Thu, 01 Jan 1970 00:00:00 GMT"', `"${'9'.repeat(400)}"`],
      ...['["read"]', '[null,1,"x"]', '{"__proto__":{"polluted":true}}', '[[["x"]]]', `"${serverCanary}"`],
      ...['{"constructor":{"prototype":{"polluted":true}}}', '{"toString":1,"hasOwnProperty":null}'],
    ),
  },
  { weight: 2, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.integer().map(String) },
  { weight: 1, arbitrary: fc.constantFrom(...[90, 3000, 4500, 9000].flatMap(deep)) },
  { weight: 1, arbitrary: fc.constantFrom(20_000, 70_000).map((length) => `"${'x'.repeat(length)}"`) },
)

/** A value that is valid most of the time. */
const near = (...good: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: oddValue })

const visible = fc.stringMatching(/^[!-~]{1,40}$/).map((text) => JSON.stringify(text))

/** Members that some preset reads, with mostly valid values. */
const members: [name: string, value: fc.Arbitrary<string>, howOften: number][] = [
  ['access_token', fc.oneof({ weight: 9, arbitrary: visible }, { weight: 1, arbitrary: oddValue }), 0.95],
  ['token', fc.oneof({ weight: 9, arbitrary: visible }, { weight: 1, arbitrary: oddValue }), 0.95],
  ['token_type', near('"Bearer"', '"bearer"', '"BEARER"'), 0.95],
  ['refresh_token', near(`"${refreshCanary}"`), 0.9],
  ['refreshToken', near(`"${refreshCanary}"`), 0.5],
  ['tokenExpirationInstant', near('1767229200000'), 0.5],
  ['expires_in', near('3600', '900', '"3600"', '60', '1', '1e400', '99999999999'), 0.8],
  ['expire_in', near('3600'), 0.2],
  ['expires', near('"2026-01-01T01:00:00Z"', '"2026-01-01T01:00:00.123Z"', '"9999-12-31T23:59:59Z"'), 0.9],
  ['expires_on', near('"1767229200"'), 0.3],
  ['refresh_expires_in', near('0', '1800'), 0.3],
  ['scope', near('"read write"', '["read","write"]', '"read"'), 0.5],
  ['data', near('{"id":7,"name":"Cathy"}'), 0.7],
  ['ref', near('{"id":7,"type":"user"}'), 0.7],
  ['id', near('"https://login.salesforce.com/id/1/2"'), 0.7],
  ['userId', near('"u-7"'), 0.5],
  ['instance_url', near('"https://acme.my.salesforce.com"', '"https://evil.example.com"'), 0.95],
  ['BusinessName', near('"Acme"'), 0.3],
  ['id_token', near('"a.b.c"'), 0.05],
  ['error', near(`"${serverCanary}"`), 0.05],
]

const keys = fc.oneof(
  fc.constantFrom(
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '', '0', 'access_token', 'token'],
    ...['refresh_token', 'expires_in', 'expires', 'token_type', 'scope', 'error', 'errors', 'mfa_token'],
  ),
  fc.string({ maxLength: 9 }),
)

const written = (pairs: [string, string][]): string =>
  `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`

/** Further members, or the same ones twice. */
const more = fc.oneof(
  { weight: 3, arbitrary: fc.constant<[string, string][]>([]) },
  { weight: 1, arbitrary: fc.array(fc.tuple(keys, oddValue), { maxLength: 3 }) },
)

const validBody: fc.Arbitrary<string> = fc
  .tuple(
    fc.tuple(
      ...members.map(([name, value, howOften]) =>
        fc
          .tuple(fc.double({ min: 0, max: 1, noNaN: true }), value)
          .map(([chance, text]): [string, string][] => (chance <= howOften ? [[name, text]] : [])),
      ),
    ),
    more,
    fc.boolean(),
  )
  .map(([own, others, first]) => written(first ? [...others, ...own.flat()] : [...own.flat(), ...others]))

/** A body that every preset accepts. */
const goodBody = written([
  ['access_token', '"good-token"'],
  ['token', '"good-token"'],
  ['token_type', '"Bearer"'],
  ['refresh_token', `"${refreshCanary}"`],
  ['expires_in', '3600'],
  ['expires', '"2026-01-01T01:00:00Z"'],
  ['instance_url', '"https://acme.my.salesforce.com"'],
])

/** What a rule of a description matches. */
interface Rule {
  status?: number | undefined
  code?: string | undefined
  contains?: string | undefined
}

/** A body that a rule matches, whichever member the description reads. */
function createErrorBody({ code = 'invalid_grant', contains = '' }: Rule, forward: string[]): string {
  const words = JSON.stringify(`${serverCanary} ${contains}`)
  return written([
    ['error', JSON.stringify(code)],
    ['errors', `[{"code":${JSON.stringify(code)},"description":${words}}]`],
    ...['error_description', 'error_message', 'error_detail', 'error_reason', 'message', 'suberror'].map(
      (name): [string, string] => [name, words],
    ),
    ...forward.map((name): [string, string] => [name, `"${continuationCanary}"`]),
  ])
}

const codes = [
  ...['invalid_grant', 'invalid_client', 'invalid_request', 'unauthorized_client', 'unsupported_grant_type'],
  ...[
    'invalid_scope',
    'temporarily_unavailable',
    'server_error',
    'mfa_required',
    'use_dpop_nonce',
    'constructor',
  ],
]

/** An error that no description has a rule for, although it may look like one. */
const unknownError: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(fc.constantFrom(...codes.map((code) => JSON.stringify(code))), oddValue),
    oddValue,
    oddValue,
    more,
  )
  .chain(([code, word, carried, others]) =>
    fc.constantFrom<[string, string][]>(
      [['error', code], ...others],
      [['error', code], ['error_description', word], ['mfa_token', carried], ...others],
      [['error', code], ['error_message', word], ['message', word], ['error_reason', word], ...others],
      [['error', `{"code":${code},"message":${word}}`], ...others],
      [['errors', `[{"code":${code},"description":${word}}]`], ...others],
    ),
  )
  .map(written)

/** Corrupts a valid text. */
const corrupt = (text: fc.Arbitrary<string>): fc.Arbitrary<string | Uint8Array> =>
  fc
    .tuple(
      text,
      fc.nat(),
      fc.constantFrom('cut', 'comma', 'mark', 'tail', 'array', 'string', 'utf-8', 'utf-16'),
    )
    .map(([own, place, how]) => {
      const at = place % (own.length + 1)
      if (how === 'cut') return own.slice(0, at)
      if (how === 'comma') return own.replace(/}$/, ' ,\n}')
      if (how === 'mark') return `\u{feff}${own}`
      if (how === 'tail') return `${own}<!-- ${serverCanary} -->`
      if (how === 'array') return `[${own}]`
      if (how === 'string') return JSON.stringify(own)
      if (how === 'utf-16') return new Uint8Array(Buffer.from(own, 'utf16le'))
      const odd = Buffer.from([0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80])
      return Buffer.concat([Buffer.from(own.slice(0, at)), odd, Buffer.from(own.slice(at))])
    })

/** A body of any kind, mostly not valid. */
const arbitraryBody: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  oddValue,
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(
    ...[
      '',
      ' ',
      '\u{feff}',
      `<html>${serverCanary}</html>`,
      'access_token=a&token_type=Bearer',
      '\0',
      '{}{}',
    ],
    ...['['.repeat(65_536), '{"a":'.repeat(13_000), '"'.repeat(65_536), `${' '.repeat(65_535)}{}`],
    ...[
      '\\"'.repeat(32_768),
      ','.repeat(65_536),
      `"${'\\'.repeat(65_000)}`,
      '9'.repeat(65_536),
      `{${','.repeat(60_000)}`,
    ],
  ),
)

const statuses = (usual: number[]): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...usual) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(201, 204, 205, 301, 302, 304, 307, 404, 408, 420, 425, 429, 500, 503),
    },
    { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
  )

const waits = [
  '0',
  '1',
  '120',
  '-5',
  '1.5',
  '1e9',
  '0x10',
  '99999999999999999999',
  'Infinity',
  'NaN',
  'soon',
  '',
]
const dates = [
  'Thu, 01 Jan 2026 00:02:00 GMT',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  'Fri, 31 Dec 9999 23:59:59 GMT',
]
const header: fc.Arbitrary<[string, string][]> = fc.oneof(
  fc.constantFrom(...waits, ...dates, '\u00e9').map((value): [string, string][] => [['Retry-After', value]]),
  fc
    .constantFrom(...waits, '999999999')
    .map((value): [string, string][] => [['X-RateLimit-ResetAfter', value]]),
  fc
    .constantFrom(
      ...[
        'Bearer error="invalid_token"',
        'Basic realm="x',
        '"'.repeat(2000),
        ',,,=,',
        `Bearer ${serverCanary}`,
      ],
    )
    .map((value): [string, string][] => [['WWW-Authenticate', value]]),
  fc
    .constantFrom('text/html', 'application/json; charset=utf-16', 'application/json', 'x', '')
    .map((value): [string, string][] => [['Content-Type', value]]),
  fc
    .constantFrom('0', '5', '99999999', '-1', 'x')
    .map((value): [string, string][] => [['Content-Length', value]]),
  fc.constant<[string, string][]>([
    ['Set-Cookie', `__Host-Http-latchkey=${serverCanary}`],
    ['Location', `https://evil.example.com/${serverCanary}`],
    ['Access-Control-Allow-Origin', '*'],
  ]),
  fc.constant(Array.from({ length: 300 }, (_, index): [string, string] => [`X-More-${index}`, serverCanary])),
)

const deliveries: fc.Arbitrary<Delivery> = fc.oneof(
  { weight: 30, arbitrary: fc.constant('whole' as const) },
  { weight: 3, arbitrary: fc.constant('pieces' as const) },
  { weight: 2, arbitrary: fc.constantFrom('broken off', 'endless', 'thrown', 'failed', 'hidden') },
  { weight: 1, arbitrary: fc.constantFrom('stalled', 'silent') },
)

const headersAround = fc.array(header, { maxLength: 3 }).map((some) => some.flat())

const createResponse = (
  status: fc.Arbitrary<number>,
  body: fc.Arbitrary<string | Uint8Array>,
): fc.Arbitrary<ServerResponse> => fc.record({ status, body, headers: headersAround, delivery: deliveries })

/** A complete response that a rule matches. */
function createErrorResponse(rule: Rule, forward: string[]): ServerResponse {
  return { status: rule.status ?? 400, headers: [], body: createErrorBody(rule, forward), delivery: 'whole' }
}

/** The members that challenges forward. */
const listForwardedMembers = ({ challenges = [] }: NonNullable<ProviderDescription['errors']>): string[] =>
  challenges.flatMap(({ forward: carry = {} }) => Object.values(carry).map((place) => place.slice(1)))

/** Responses that require another step. */
export function createChallengeResponses({
  errors = {},
}: Pick<ProviderDescription, 'errors'>): ServerResponse[] {
  return (errors.challenges ?? []).map(({ when }) => createErrorResponse(when, listForwardedMembers(errors)))
}

/** Responses of the token endpoint of a system with this description. */
export function createResponses({
  errors = {},
}: Pick<ProviderDescription, 'errors'>): fc.Arbitrary<ServerResponse> {
  const { map = [], challenges = [] } = errors
  const rules: Rule[] = [...map, ...challenges.map(({ when }) => when), { code: 'invalid_grant' }]
  const known = fc
    .tuple(fc.constantFrom(...rules), headersAround, deliveries)
    .map(([rule, headers, delivery]) => ({
      ...createErrorResponse(rule, listForwardedMembers(errors)),
      headers,
      delivery,
    }))
  return fc.oneof(
    { weight: 8, arbitrary: createResponse(statuses([200]), validBody) },
    { weight: 3, arbitrary: known },
    { weight: 2, arbitrary: createResponse(statuses([200, 400, 401, 403, 500, 503]), unknownError) },
    {
      weight: 2,
      arbitrary: createResponse(
        statuses([200, 400]),
        corrupt(fc.oneof(validBody, unknownError, fc.constant(goodBody))),
      ),
    },
    { weight: 2, arbitrary: createResponse(statuses([200, 400, 401, 502]), arbitraryBody) },
  )
}
