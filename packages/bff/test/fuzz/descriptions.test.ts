import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../../src/index.ts'
import { BffError } from '../../src/index.ts'
import { parseProvider } from '../../src/description/provider-description.ts'
import type { ServerResponse } from './server-responses.ts'
import { createResponses, isHanging } from './server-responses.ts'
import { createCheckedBff } from './history.ts'
import { presets } from './presets.ts'
import { runs } from './runs.ts'

/** The error that rejects a description; `null` when it is valid. */
function getRejection(description: unknown): BffError | null {
  try {
    parseProvider(description as ProviderDescription)
    return null
  } catch (error) {
    if (error instanceof BffError) return error
    throw error
  }
}

/** Expects one line an issue, with what came and what would be right, in words of Latchkey. */
function expectIssues({ code, message }: BffError): void {
  expect(code).toBe('server_error')
  expect(message).toContain('\n')
  for (const line of message.split('\n').slice(1)) {
    expect(line).toMatch(/^ {2}\S[^\n]*: [^\n]+[.?] Expected: \S/)
    expect(line).not.toMatch(/Invalid|Too (small|big)|another (value|type)$/)
  }
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

/** The paths of everything in a description. */
function listPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, inner]) => listPaths(inner, [...path, name]))]
}

/** A copy with another value at one path. */
function withValue(value: unknown, path: string[], replacement: unknown): unknown {
  const [first, ...others] = path
  if (first === undefined) return replacement
  const entries = Object.entries(Object(value) as object)
  const replaced = entries.map(
    ([name, inner]) => [name, name === first ? withValue(inner, others, replacement) : inner] as const,
  )
  const extended = entries.some(([name]) => name === first)
    ? replaced
    : [...replaced, [first, withValue({}, others, replacement)] as const]
  return Array.isArray(value) ? extended.map(([, inner]) => inner) : Object.fromEntries(extended)
}

/** Members that few or no presets have. */
const rarePaths = [
  'signInGrant',
  'login.username',
  'login.mode',
  'login.userIsClient',
  'login.fields.username.type',
  'refresh.fallback',
  'refresh.storeCredentials',
  'resource.rateLimit.header',
  'resource.tokenPlacement.header',
  'resource.tokenPlacement.scheme',
  'resource.tokenPlacement.query',
  'response.user',
  'response.extraUserFields',
  'response.fields.scope',
  'response.refreshExpiry',
  'revocation.url',
  'errors.code',
  'errors.challenges',
  'token.issuer',
  'grants.password.headers.X',
  'grants.password.params.username',
].map((path) => path.split('.'))

const mutated = fc.constantFrom(...Object.values(presets).flat()).chain((description) =>
  fc
    .array(fc.tuple(fc.constantFrom(...listPaths(description), ...rarePaths), odd), {
      minLength: 1,
      maxLength: 2,
    })
    .map((changes) =>
      changes.reduce<unknown>(
        (value, [path, replacement]) => withValue(value, path, replacement),
        description,
      ),
    ),
)

describe('a random description', () => {
  it('is accepted, or rejected with every issue and its path', () => {
    let rejections = 0
    const property = fc.property(fc.oneof(mutated, fc.jsonValue()), (description) => {
      const rejection = getRejection(description)
      if (!rejection) return
      rejections += 1
      expectIssues(rejection)
    })
    fc.assert(property, runs(200))
    expect(rejections).toBeGreaterThan(0)
  }, 600_000)

  it.each(['['.repeat(5000) + ']'.repeat(5000), `${'{"login":'.repeat(5000)}1${'}'.repeat(5000)}`])(
    'is rejected when it is nested very deeply',
    (text) => {
      expect(getRejection(JSON.parse(text))?.code).toBe('server_error')
    },
  )

  it.each([
    ['signInGrant', 'constructor', 'grants.constructor'],
    ['signInGrant', '__proto__', 'grants.__proto__'],
    ['resource.rateLimit.header', 'a b', 'resource.rateLimit.header'],
  ])('is rejected when %s is %s', (path, value, issuePath) => {
    const rejection = getRejection(withValue(presets['doorkeeper']?.[0], path.split('.'), value))
    expect(rejection?.message).toContain(`  ${issuePath}: `)
  })

  it('is rejected when a challenge runs a grant with the name of an inherited member', () => {
    const [description] = presets['auth0'] ?? []
    const rejection = getRejection(withValue(description, ['errors', 'challenges', '0', 'grant'], 'toString'))
    expect(rejection?.message).toContain('  errors.challenges.0.grant: ')
  })

  it('leads to typed responses when it is valid', async () => {
    let validCount = 0
    const responses = createResponses(presets['auth0']?.[0] ?? {}).filter((response) => !isHanging(response))
    const property = fc.asyncProperty(mutated, responses, async (description, response) => {
      if (getRejection(description)) return
      const signIn = createSignIn(description as ProviderDescription)
      if (!signIn) return
      validCount += 1
      for (const status of [await signIn(response), await signIn(response)])
        expect([200, 401, 403, 429, 502, 503]).toContain(status)
    })
    await fc.assert(property, runs(40))
    expect(validCount).toBeGreaterThan(0)

    function createSignIn(description: ProviderDescription) {
      try {
        const bff = createCheckedBff(description, [])
        return async (response: ServerResponse) => {
          const { status } = await bff.signInUnchecked(response)
          await bff.close()
          return status
        }
      } catch (error) {
        if (error instanceof BffError) return null
        throw error
      }
    }
  }, 600_000)
})
