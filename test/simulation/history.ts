import fc from 'fast-check'
import type { ServerKind } from './authorization-server.ts'
import { serverFaults } from './authorization-server.ts'

export const users = ['cathy', 'bob'] as const
/** The pages of each browser. */
export const pageCounts = [2, 1] as const
export const processCount = 2

/** What a user or the code of a page does. */
export const pageActions = [
  'fetch',
  'fetch three times',
  'get token',
  'get newer token',
  'get newer token and extend',
  'extend',
  'sign in',
  'sign in with a wrong password',
  'sign out',
  'sign out everywhere',
  'hide',
  'show',
  'reload',
  'enter bfcache',
  'leave bfcache',
] as const

/** What happens around the pages. */
export const eventNames = [
  'go offline',
  'go online',
  'kill a process',
  'kill a process during a refresh',
  'deploy a process',
  'deploy a process during a refresh',
  'store fails',
  'store is slow',
  'server fails',
  'server revokes a session',
  'resource server rejects all tokens',
  'faults stop',
] as const

/** One step: an action or an event, and the time that passes after it. */
export interface Step {
  readonly name: (typeof pageActions)[number] | (typeof eventNames)[number]
  /** Chooses the browser, the page, the process, the session or the user. */
  readonly index: number
  /** The kind of a server's fault. */
  readonly fault: (typeof serverFaults)[number]
  /** How many calls fail. */
  readonly count: number
  /** Milliseconds. */
  readonly pauseMs: number
  /** The seed of the random numbers in this step, so that leaving out another step does not change them. */
  readonly seed: number
}

/** Everything that happens in one run. */
export interface History {
  readonly kind: ServerKind
  readonly mode: 'token' | 'proxy'
  /** Whether both browsers begin with the same user. */
  readonly isSameUser: boolean
  /** Seconds that an access token is valid. */
  readonly lifetime: number
  readonly steps: readonly Step[]
}

const second = 1000
const name: fc.Arbitrary<Step['name']> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('fetch', 'get newer token', 'get newer token and extend', 'show') },
  { weight: 3, arbitrary: fc.constantFrom(...pageActions) },
  { weight: 4, arbitrary: fc.constantFrom(...eventNames, 'server fails') },
)

const step: fc.Arbitrary<Step> = fc.record({
  name,
  index: fc.nat(11),
  fault: fc.constantFrom(...serverFaults),
  count: fc.integer({ min: 1, max: 6 }),
  pauseMs: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(0, 5, 30, 400, 3 * second) },
    { weight: 3, arbitrary: fc.constantFrom(20 * second, 85 * second, 125 * second) },
    { weight: 1, arbitrary: fc.constantFrom(310 * second, 610 * second) },
  ),
  seed: fc.noShrink(fc.nat()),
})

/** All histories. */
export const history: fc.Arbitrary<History> = fc.noBias(
  fc.record({
    kind: fc.constantFrom('strict', 'one-use', 'grace'),
    mode: fc.constantFrom('token', 'token', 'proxy'),
    isSameUser: fc.boolean(),
    lifetime: fc.constantFrom(120, 300),
    steps: fc.array(step, { minLength: 1, maxLength: 9, size: 'max' }),
  }),
)

/** Formats a history for the report of a failure, one step a line. */
export function formatHistory({ kind, mode, isSameUser, lifetime, steps }: History): string {
  const lines = steps.map(({ name: stepName, index, fault, count, pauseMs }, place) => {
    const details = stepName === 'server fails' ? ` (${fault} × ${count})` : ''
    const calls = stepName.startsWith('store') ? ` (${count} calls)` : ''
    return `  ${place + 1}. ${stepName}${details}${calls} #${index}, then ${pauseMs} ms`
  })
  return [
    `${kind} server, ${mode} mode, tokens for ${lifetime} s, ${isSameUser ? 'one user' : 'two users'}`,
    ...lines,
  ].join('\n')
}
