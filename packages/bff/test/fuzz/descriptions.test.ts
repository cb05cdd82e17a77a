import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../../src/index.ts'
import { BffError } from '../../src/index.ts'
import { parseProvider } from '../../src/description/provider-description.ts'
import { answersOf, hangs } from './answers.ts'
import { createWatched } from './history.ts'
import { presets } from './presets.ts'
import { runs } from './runs.ts'

/** What a description is refused with; `null` when it is not. */
function refusalOf(description: unknown): BffError | null {
  try {
    parseProvider(description as ProviderDescription)
    return null
  } catch (error) {
    if (error instanceof BffError) return error
    throw error
  }
}

function expectNamed({ code, message }: BffError): void {
  expect(code).toBe('server_error')
  for (const line of message.split('\n').slice(1)) expect(line).toMatch(/^ {2}\S.*: \S/s)
  expect(message).toContain('\n')
}

const odd = fc.oneof(
  fc.constantFrom<unknown[]>(
    ...[
      null,
      '',
      ' ',
      'x',
      '/',
      '/a',
      0,
      -1,
      1.5,
      1e308,
      true,
      [],
      {},
      [null],
      ['x'],
      { a: 1 },
      'https://',
      'http://x.example',
    ],
    ...[
      'constructor',
      '__proto__',
      'toString',
      'header:X',
      'a b',
      'é',
      '\n',
      '{a}',
      '{password}',
      'https://x.example/?a#b',
    ],
    ...[
      'refresh_token',
      'password',
      'none',
      'reissue',
      'keep_alive',
      'automatic',
      'query',
      'GET',
      'json',
      'user-basic',
    ],
  ),
  fc.jsonValue(),
)

/** A place in a description, as the names that lead to it. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, own]) => places(own, [...path, name]))]
}

function changed(value: unknown, path: string[], to: unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return to
  const entries = Object.entries(Object(value) as object)
  const own = entries.map(
    ([name, inner]) => [name, name === first ? changed(inner, rest, to) : inner] as const,
  )
  const more = entries.some(([name]) => name === first)
    ? own
    : [...own, [first, changed({}, rest, to)] as const]
  return Array.isArray(value) ? more.map(([, inner]) => inner) : Object.fromEntries(more)
}

const rare = [
  ...[
    'primary',
    'login.username',
    'login.mode',
    'login.asClient',
    'login.fields.username.type',
    'refresh.whenMissing',
  ],
  ...[
    'resource.rateLimit.header',
    'resource.attach.header',
    'resource.attach.scheme',
    'resource.attach.query',
  ],
  ...[
    'response.user',
    'response.extras',
    'response.fields.scope',
    'response.refreshExpiry',
    'revocation.url',
  ],
  ...[
    'errors.code',
    'errors.challenges',
    'token.issuer',
    'grants.password.headers.X',
    'grants.password.params.username',
  ],
].map((path) => path.split('.'))

const mutated = fc
  .constantFrom(...Object.values(presets).flat())
  .chain((description) =>
    fc
      .array(fc.tuple(fc.constantFrom(...places(description), ...rare), odd), { minLength: 1, maxLength: 2 })
      .map((changes) => changes.reduce<unknown>((own, [path, to]) => changed(own, path, to), description)),
  )

describe('a description of any kind', () => {
  it('is read, or refused with the path of everything that is wrong', () => {
    let refusals = 0
    const property = fc.property(fc.oneof(mutated, fc.jsonValue()), (description) => {
      const refused = refusalOf(description)
      if (!refused) return
      refusals += 1
      expectNamed(refused)
    })
    fc.assert(property, runs(200))
    expect(refusals).toBeGreaterThan(0)
  }, 600_000)

  it.each(['['.repeat(5000) + ']'.repeat(5000), `${'{"login":'.repeat(5000)}1${'}'.repeat(5000)}`])(
    'is refused when it is nested without end',
    (text) => {
      const refused = refusalOf(JSON.parse(text))
      expect(refused?.code).toBe('server_error')
    },
  )

  it.each([
    ['signInGrant', 'constructor', 'grants.constructor'],
    ['signInGrant', '__proto__', 'grants.__proto__'],
    ['resource.rateLimit.header', 'a b', 'resource.rateLimit.header'],
  ])('is refused when %s is %s', (path, value, named) => {
    const refused = refusalOf(changed(presets['doorkeeper']?.[0], path.split('.'), value))
    expect(refused?.message).toContain(`  ${named}: `)
  })

  it('is refused when a challenge runs a grant that every object seems to have', () => {
    const [description] = presets['auth0'] ?? []
    const refused = refusalOf(changed(description, ['errors', 'challenges', '0', 'grant'], 'toString'))
    expect(refused?.message).toContain('  errors.challenges.0.grant: ')
  })

  it('that is found good brings typed answers', async () => {
    let good = 0
    const spokenInTime = answersOf(presets['auth0']?.[0] ?? {}).filter((spoken) => !hangs(spoken))
    const property = fc.asyncProperty(mutated, spokenInTime, async (description, spoken) => {
      if (refusalOf(description)) return
      const bff = createdFrom(description as ProviderDescription)
      if (!bff) return
      good += 1
      for (const answer of [await bff(spoken), await bff(spoken)])
        expect([200, 401, 403, 429, 502, 503]).toContain(answer)
    })
    await fc.assert(property, runs(40))
    expect(good).toBeGreaterThan(0)

    function createdFrom(description: ProviderDescription) {
      try {
        const watched = createWatched(description, [])
        return async (spoken: Parameters<typeof watched.signIn>[0]) => {
          const { status } = await watched.unjudged(spoken)
          await watched.closed()
          return status
        }
      } catch (error) {
        if (error instanceof BffError) return null
        throw error
      }
    }
  }, 600_000)
})
