import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { presets } from '../src/config/presets.ts'
import { parseConfig } from '../src/config/index.ts'
import type { BffOptions, ProviderDescription } from '../src/index.ts'
import { BffError, createBff, defineProvider, memoryStore } from '../src/index.ts'
import * as providers from '../src/providers/index.ts'
import { presets as descriptions } from './fuzz/presets.ts'
import { runs } from './fuzz/runs.ts'
import { createTestLogger } from './support/browser.ts'

const provider = providers.oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
const factories = providers as unknown as Record<string, (options?: unknown) => ProviderDescription>
const logger = createTestLogger()

/** The issues in the error that a call throws; none when it throws nothing. */
function findIssues(call: () => unknown): string[] {
  try {
    call()
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(BffError)
    const { code, message } = error as BffError
    expect(code).toBe('server_error')
    const [subject = '', ...lines] = message.split('\n')
    expect(subject).toMatch(/ cannot be used:$/)
    for (const line of lines) expect(line).toMatch(/^ {2}\S[^\n]*: (?!Invalid)[^\n]+[.?] Expected: \S/)
    return lines.map((line) => line.slice(2))
  }
}

function issuesOf(call: () => unknown): string[] {
  const issues = findIssues(call)
  expect(issues).not.toEqual([])
  return issues
}

const createWith = (options: object): string[] => issuesOf(() => createBff({ provider, logger, ...options }))

/** Every name that has one letter less, more, wrong or swapped with the next. */
function typosOf(name: string): string[] {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('')
  return [...name.split(''), ''].flatMap((letter, at) => {
    const [before, after] = [name.slice(0, at), name.slice(at + 1)]
    return [
      before + after,
      ...letters.flatMap((other) => [before + other + letter + after, before + other + after]),
      before + after.slice(0, 1) + letter + after.slice(1),
    ]
  })
}

/** A name in the case of other conventions. */
const spellingsOf = (name: string): string[] => [
  name.toLowerCase(),
  name.toUpperCase(),
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
]

/** Every name of the options of createBff. */
const optionNames: (keyof BffOptions)[] = [
  'provider',
  'basePath',
  'mode',
  'proxy',
  'authorize',
  'dangerouslyGiveMachineTokenToBrowser',
  'store',
  'secret',
  'origin',
  'trustProxy',
  'session',
  'throttle',
  'hooks',
  'timeout',
  'logger',
  'platform',
]

/** Objects whose members the author of a description names. */
const freeNames = /^(grants|login\.fields|errors\.challenges\.\d\.(fields|forward)|.*\.(params|headers))$/

/** Every member of a description with a fixed name, as [path of its object, name]. */
function namesIn(value: unknown, path: string[] = []): [path: string[], name: string][] {
  if (typeof value !== 'object' || value === null) return []
  const isFixed = !Array.isArray(value) && !freeNames.test(path.join('.'))
  return Object.entries(value).flatMap(([name, inner]): [string[], string][] => [
    ...(isFixed ? [[path, name] satisfies [string[], string]] : []),
    ...namesIn(inner, [...path, name]),
  ])
}

/** A copy in which one member has another name. */
function renameMember(value: unknown, path: string[], name: string, typo: string): unknown {
  const [first, ...others] = path
  if (Array.isArray(value))
    return value.map((item: unknown, index) =>
      String(index) === first ? renameMember(item, others, name, typo) : item,
    )
  const entries = Object.entries(Object(value) as object).map(([key, inner]) => {
    if (first === undefined) return [key === name ? typo : key, inner]
    return [key, key === first ? renameMember(inner, others, name, typo) : inner]
  })
  return Object.fromEntries(entries)
}

describe('a name with one typo', { timeout: 600_000 }, () => {
  const typos = (names: string[]): fc.Arbitrary<[name: string, typo: string]> =>
    fc
      .constantFrom(...names)
      .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...typosOf(name), ...spellingsOf(name))))
      .filter(([, typo]) => !names.includes(typo))

  /** The known name that the line about a typo suggests; the meant one where both are one typo away. */
  function getSuggestion(lines: string[], path: string, typo: string, name: string): string | undefined {
    const about = lines.filter((line) => line.startsWith(`${path}: `))
    const [, suggestion = '', known = ''] =
      /: is unknown\. Did you mean (\w+)\? Expected: (?:one of )?(.+)$/.exec(about[0] ?? '') ?? []
    const isRight = suggestion === name || typosOf(suggestion).includes(typo)
    return about.length === 1 && known.split(', ').includes(suggestion) && isRight ? name : suggestion
  }

  it('of an option of createBff gets the right suggestion', () => {
    fc.assert(
      fc.property(typos(optionNames), ([name, typo]) => {
        expect(getSuggestion(createWith({ [typo]: 'x' }), typo, typo, name)).toBe(name)
      }),
      runs(400),
    )
  })

  it.each(Object.entries(presets))(
    'of an option of %s() gets the right suggestion',
    (preset, { options }) => {
      fc.assert(
        fc.property(typos(options), ([name, typo]) => {
          const lines = issuesOf(() => factories[preset]?.({ [typo]: 'x' }))
          expect(getSuggestion(lines, typo, typo, name)).toBe(name)
        }),
        runs(60),
      )
    },
  )

  it('of a member of a description gets the right suggestion', () => {
    const members = Object.values(descriptions)
      .flat()
      .flatMap((description) => namesIn(description).map(([path, name]) => ({ description, path, name })))
    const misspelt = fc
      .constantFrom(...members)
      .chain((member) => fc.constantFrom(...typosOf(member.name)).map((typo) => ({ ...member, typo })))
    let tried = 0
    const property = fc.property(misspelt, ({ description, path, name, typo }) => {
      const changed = renameMember(description, path, name, typo) as ProviderDescription
      const place = [...path, typo].join('.')
      const lines = findIssues(() => defineProvider(changed))
      // Some typos are other names that are known there.
      if (!lines.some((line) => line.startsWith(`${place}: is unknown`))) return
      tried += 1
      expect(getSuggestion(lines, place, typo, name)).toBe(name)
    })
    fc.assert(property, runs(400))
    expect(tried).toBeGreaterThan(380)
  })

  it('of a preset in a file gets the right suggestion', () => {
    const names = Object.keys(presets)
    fc.assert(
      fc.property(typos(names), ([name, typo]) => {
        const lines = issuesOf(() => parseConfig(JSON.stringify({ provider: { preset: typo } }), {}))
        const [, suggestion = ''] =
          /^provider\.preset: is "[^"]+"\. Did you mean "(\w+)"\? Expected: one of auth0, axosoft, /.exec(
            lines.join('\n'),
          ) ?? []
        expect(suggestion === name || typosOf(suggestion).includes(typo)).toBe(true)
      }),
      runs(200),
    )
  })

  it.each([
    ['mode', 'Proxy', 'is "Proxy". Did you mean "proxy"? Expected: "token" or "proxy"'],
    ['mode', 'tokn', 'is "tokn". Did you mean "token"? Expected: "token" or "proxy"'],
    ['mode', 'cookie', 'is not valid. Expected: "token" or "proxy"'],
  ])('of a value: %s %j', (name, value, issue) => {
    expect(createWith({ [name]: value })).toEqual([`${name}: ${issue}`])
  })

  it.each(['transmogrifier', 'zzzzqqqq', 'x', '', 'constructor', '__proto__x', '日本'])(
    'that is near no name gets no suggestion: %j',
    (name) => {
      const lines = createWith({ [name]: 1 })
      expect(lines.join('\n')).toContain('is unknown. Expected: one of provider, basePath, mode, ')
      expect(lines.join('\n')).not.toContain('Did you mean')
    },
  )
})

describe('the message of an option', () => {
  it.each<[string, unknown, string]>([
    ['timeout', '8', 'is a string. Expected: a number of seconds above 0'],
    ['timeout', 0, 'is 0. Expected: a number of seconds above 0'],
    ['timeout', -1.5, 'is -1.5. Expected: a number of seconds above 0'],
    ['timeout', Number.NaN, 'is NaN. Expected: a number of seconds above 0'],
    ['timeout', null, 'is null. Expected: a number of seconds above 0'],
    ['mode', true, 'is true. Expected: "token" or "proxy"'],
    [
      'secret',
      12_345_678,
      'is a number. Expected: a string of at least 32 characters, a function that reads it, or a list of these',
    ],
    [
      'secret',
      [],
      'is an array. Expected: a string of at least 32 characters, a function that reads it, or a list of these',
    ],
    [
      'secret',
      ['x'.repeat(32), 'short'],
      'is too short. Expected: a string of at least 32 characters, a function that reads it, or a list of these',
    ],
    [
      'secret',
      'short',
      'is too short. Expected: a string of at least 32 characters, a function that reads it, or a list of these',
    ],
    ['basePath', ['/auth'], 'is an array. Expected: a path such as "/auth", without a slash at its end'],
    ['basePath', 'auth', 'is not valid. Expected: a path such as "/auth", without a slash at its end'],
    ['proxy', {}, 'is an object. Expected: an array'],
    ['session', () => {}, 'is a function. Expected: an object with idle, absolute and perUser'],
    ['authorize', 'all', 'is a string. Expected: a function of the request'],
    ['store', memoryStore, 'is a function. Expected: a store, for example memoryStore()'],
    ['logger', 'console', 'is a string. Expected: an object with the functions info, warn and error'],
    ['hooks', { transformRequest: 1 }, ''],
  ])('%s says what came and what would be right: %o', (name, value, issue) => {
    const path = issue === '' ? 'hooks.transformRequest' : name
    expect(createWith({ [name]: value })).toEqual([
      `${path}: ${issue || 'is a number. Expected: a function'}`,
    ])
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'provider: is missing. Expected: a provider description, for example '],
    ['null', null, 'provider: is null. Expected: a provider description, for example '],
    ['a name', 'axosoft', 'provider: is a string. Expected: a provider description, for example '],
    [
      'a preset that was not called',
      providers.axosoft,
      'provider: is the function axosoft, which was not called. Expected: axosoft({ … })',
    ],
    [
      'a function without a name',
      () => provider,
      'provider: is a function, which was not called. Expected: the description that it returns',
    ],
  ])('provider names the fix for %s', (_, value, issue) => {
    const [line, ...others] = issuesOf(() => createBff({ provider: value, logger } as unknown as BffOptions))
    expect(line).toContain(issue)
    expect(others).toEqual([])
  })

  it('names the whole when the options are no object', () => {
    for (const options of [undefined, null, 'x', []])
      expect(issuesOf(() => createBff(options as unknown as BffOptions))).toEqual([
        expect.stringMatching(/^options: is .*\. Expected: an object/),
      ])
  })

  it('comes with those of all other options, one a line', () => {
    const broken = { ...provider, id: 7, refersh: {}, token: { url: 'http://as.example.com' } }
    expect(createWith({ provider: broken, basepath: '/x', timeout: '8', session: { idel: 5 } })).toEqual([
      expect.stringMatching(/^provider\.id: is a number\. Expected: a string/),
      expect.stringMatching(/^provider\.token\.url: is not https\. Expected: https/),
      expect.stringMatching(/^provider\.refersh: is unknown\. Did you mean refresh\?/),
      expect.stringMatching(
        /^session\.idel: is unknown\. Did you mean idle\? Expected: one of idle, absolute, perUser$/,
      ),
      expect.stringMatching(/^timeout: is a string\. Expected: a number/),
      expect.stringMatching(/^basepath: is unknown\. Did you mean basePath\?/),
    ])
  })

  it('names the closest alternative where there are several', () => {
    const issue = (change: object): string[] => issuesOf(() => defineProvider({ ...provider, ...change }))
    expect(issue({ response: { expiry: [{ form: '/a', as: 'seconds' }] } })).toEqual([
      expect.stringMatching(/^response\.expiry\.0\.from: is missing/),
      expect.stringMatching(
        /^response\.expiry\.0\.form: is unknown\. Did you mean from\? Expected: one of from, as$/,
      ),
    ])
    expect(issue({ response: { expiry: ['jwt'] } })).toEqual([
      'response.expiry.0: is a string. Expected: an object with from and as, an object with seconds or "jwt-exp"',
    ])
    expect(issue({ resource: { tokenPlacement: { quer: 'token' } } })).toEqual([
      'resource.tokenPlacement.quer: is unknown. Did you mean query? Expected: one of header, scheme, query',
    ])
    expect(issue({ token: { discovry: 'https://as.example.com' } })).toEqual([
      expect.stringMatching(/^token\.discovery: is missing/),
      expect.stringMatching(/^token\.discovry: is unknown\. Did you mean discovery\?/),
    ])
  })
})

describe('a preset called in code without types', () => {
  it('names everything that is wrong at once', () => {
    expect(
      issuesOf(() => factories['axosoft']?.({ site: 'acct', clientid: 'x', method: 'get', scope: 'read' })),
    ).toEqual([
      expect.stringMatching(/^site: is not an absolute URL\. Expected: /),
      expect.stringMatching(/^clientId: is missing\. Expected: a string\. .*environment variable/),
      expect.stringMatching(/^clientSecret: is missing\. Expected: a string/),
      'scope: is a string. Expected: an array of "read" or "write"',
      'method: is "get". Did you mean "GET"? Expected: "GET" or "POST"',
      expect.stringMatching(
        /^clientid: is unknown\. Did you mean clientId\? Expected: one of site, clientId, clientSecret, /,
      ),
    ])
  })

  it.each(Object.keys(presets))('refuses no options at all: %s()', (preset) => {
    for (const options of [undefined, null, 'x', [], () => {}])
      expect(issuesOf(() => factories[preset]?.(options))).toEqual([
        expect.stringMatching(/^options: is .*\. Expected: an object/),
      ])
  })

  it('names the preset', () => {
    expect(() => factories['keycloak']?.({})).toThrow(/^The options of keycloak\(\) cannot be used:\n/)
  })

  it('wants either an issuer or a token endpoint of oauth2()', () => {
    const both = { issuer: 'https://as.example.com', tokenEndpoint: 'https://as.example.com/token' }
    expect(issuesOf(() => factories['oauth2']?.({}))).toEqual([
      expect.stringMatching(/^tokenEndpoint: is missing\. Expected: tokenEndpoint or issuer/),
    ])
    expect(issuesOf(() => factories['oauth2']?.(both))).toEqual([
      expect.stringMatching(/^issuer: is not allowed beside tokenEndpoint\. Expected: one of the two/),
    ])
  })

  it('takes an option that is undefined for an absent one', () => {
    const options = {
      tokenEndpoint: 'https://as.example.com/token',
      clientSecret: undefined,
      scope: undefined,
    }
    expect(factories['oauth2']?.(options)).toEqual(providers.oauth2({ tokenEndpoint: options.tokenEndpoint }))
  })
})

it('a timeout that is longer than any timer is rejected at start', () => {
  expect(createWith({ timeout: 2_200_000 })).toEqual([
    'timeout: is 2200000. Expected: at most 2147483 seconds',
  ])
})

describe('a file with several mistakes', () => {
  it('gets all of them in one message, one a line', () => {
    const file = {
      provider: { preset: 'axosoft', site: 'https://${HOST}', clientid: 'x', clientSecret: '${SECRET}' },
      modee: 'proxy',
      store: 'redis',
      timeout: 0,
      session: { idle: 'never' },
    }
    expect(issuesOf(() => parseConfig(JSON.stringify(file), {}))).toEqual([
      'provider.site: the environment variable HOST is not set. Expected: a value',
      'provider.clientSecret: the environment variable SECRET is not set. Expected: a value',
      expect.stringMatching(/^modee: is unknown\. Did you mean mode\? Expected: one of provider, basePath, /),
      expect.stringMatching(/^store: is not allowed in a file\. Expected: /),
      expect.stringMatching(/^provider\.clientId: is missing/),
      expect.stringMatching(/^provider\.clientid: is unknown\. Did you mean clientId\?/),
      'session.idle: is a string. Expected: a number of seconds above 0',
      'timeout: is 0. Expected: a number of seconds above 0',
    ])
  })

  it('gets a misspelt preset although other members are wrong as well', () => {
    const lines = issuesOf(() =>
      parseConfig(JSON.stringify({ provider: { preset: 'axosft', site: 1 }, secret: '${NONE}', mod: 1 }), {}),
    )
    expect(lines).toEqual([
      expect.stringMatching(/^secret: the environment variable NONE is not set/),
      expect.stringMatching(/^mod: is unknown\. Did you mean mode\?/),
      expect.stringMatching(/^provider\.preset: is "axosft"\. Did you mean "axosoft"\?/),
    ])
  })
})

describe('no message contains a value that may be a secret', { timeout: 600_000 }, () => {
  const canary = fc.stringMatching(/^[a-zA-Z0-9_ +/=-]{24,60}$/)
  const shaped = (text: string): unknown[] => [text, [text], { value: text }, { [`k${text.length}`]: [text] }]

  it('of any option of createBff', () => {
    fc.assert(
      fc.property(fc.constantFrom(...optionNames), canary, (name, text) => {
        for (const value of shaped(text)) {
          const options = { provider, logger, [name]: value, timeout: '8' }
          expect(() => createBff(options as unknown as BffOptions)).toThrow(BffError)
          expect(() => createBff(options as unknown as BffOptions)).not.toThrow(text)
        }
      }),
      runs(100),
    )
  })

  it.each(Object.entries(presets))('of any option of %s()', (preset, { options }) => {
    fc.assert(
      fc.property(fc.constantFrom(...options), canary, (name, text) => {
        for (const value of shaped(text)) {
          expect(() => factories[preset]?.({ [name]: value, nonsense: text })).toThrow(BffError)
          expect(() => factories[preset]?.({ [name]: value, nonsense: text })).not.toThrow(text)
        }
      }),
      runs(30),
    )
  })

  it('nor a number where a string is due', () => {
    expect(issuesOf(() => factories['axosoft']?.({ clientSecret: 987_654_321 })).join()).not.toContain('987')
  })
})

it.each(Object.entries(descriptions).flatMap(([name, all]) => all.map((one) => [name, one] as const)))(
  'what %s() makes of valid options is a valid description',
  (_, description) => {
    expect(defineProvider(description)).toBe(description)
  },
)
