import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { environmentCommandNames, execute, pageCommandNames } from './model/commands.ts'
import { checkOutcome } from './model/outcome.ts'
import type { Circumstances } from './model/simulation.ts'
import { createSimulation, tabCount } from './model/simulation.ts'

const minute = 60_000

const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  mode: fc.constantFrom('token', 'token', 'token', 'token', 'proxy'),
  lifetimeSeconds: fc.constantFrom(900, 900, 60),
  signedInAs: fc.constantFrom('cathy', 'cathy', null, 'eve'),
  channels: fc.constantFrom(true, true, false),
  storage: fc.constantFrom('works', 'works', 'works', 'is full', 'is forbidden'),
  holds: fc.constantFrom(false, true),
  rejectsTokenMs: fc.constantFrom(0, 100),
  schemaMs: fc.constantFrom(0, 0, 200),
  isMonotonicInSleep: fc.boolean(),
  subscribesAtStart: fc.constantFrom(true, true, true, false),
  seed: fc.nat(),
})
const step = fc.tuple(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...pageCommandNames) },
    { weight: 1, arbitrary: fc.constantFrom(...environmentCommandNames) },
  ),
  fc.nat(tabCount - 1),
  // How much time passes afterwards, in milliseconds.
  fc.constantFrom(0, 0, 10, 50, 400, 3_000, 20 * minute),
)
const history = fc.array(step, { maxLength: 40, size: 'max' })

type Step = readonly [name: string, tab: number, passedMs: number]

/** Runs a history, and returns the rules that it breaks and its log; empty when it breaks none. */
async function run(given: Circumstances, steps: readonly Step[]): Promise<string> {
  const unhandledRejections: unknown[] = []
  const record = (reason: unknown): void => void unhandledRejections.push(reason)
  process.on('unhandledRejection', record)
  const simulation = createSimulation(given)
  const { timeline, violations, log } = simulation
  try {
    for (const [name, tab, passedMs] of steps) {
      execute(simulation, name, tab)
      await timeline.pass(passedMs)
    }
    await checkOutcome(simulation)
  } finally {
    process.off('unhandledRejection', record)
  }
  for (const reason of unhandledRejections) violations.push(`unhandled rejection: ${String(reason)}`)
  return violations.length > 0 ? [...violations.slice(0, 5), ...log].join('\n') : ''
}

describe('any history of three tabs', () => {
  it('breaks no rule, and ends with what the last act says in every page', async () => {
    const property = fc.asyncProperty(circumstances, history, async (given, steps) => {
      expect(await run(given, steps)).toBe('')
    })
    // The same histories in every run, so that a failure means a change. Set RUNS and SEED to try others.
    const { RUNS = '500', SEED = '20261121' } = process.env
    await fc.assert(property, { numRuns: Number(RUNS), seed: Number(SEED) })
  }, 3_600_000)
})

const usual: Circumstances = {
  mode: 'token',
  lifetimeSeconds: 900,
  signedInAs: 'cathy',
  channels: true,
  storage: 'works',
  holds: false,
  rejectsTokenMs: 0,
  schemaMs: 0,
  isMonotonicInSleep: false,
  subscribesAtStart: true,
  seed: 0,
}

describe('a page in the back-forward cache', () => {
  it('tells the other tabs of the sign-in whose response it gets when it is shown again', async () => {
    // The shortest history that the random ones found.
    const steps: Step[] = [
      ['the network is cut', 0, 20 * minute],
      ['the network is slow', 0, 0],
      ['sign in as cathy', 0, 0],
      ['sign in as cathy', 1, 0],
      ['sign in as cathy', 0, 400],
      ['cache', 1, 0],
      ['the network reorders', 0, 0],
      ['show', 0, 400],
      ['sign in and out', 2, 0],
      ['sign in as cathy', 1, 20 * minute],
    ]
    expect(await run({ ...usual, seed: 409009537 }, steps)).toBe('')
  })
})

describe('a sign-in', () => {
  it('goes on when another page finds that the schema rejects the user of the session before it', async () => {
    const given: Circumstances = { ...usual, signedInAs: 'eve', storage: 'is full', seed: 999264680 }
    expect(await run(given, [['sign in as cathy', 1, 0]])).toBe('')
  })
})

describe('a frozen page whose user the schema rejects', () => {
  it('shows the session that another tab has begun meanwhile', async () => {
    const steps: Step[] = [
      ['freeze', 1, 0],
      ['sign in as cathy', 0, 0],
      ['the network is back', 0, 50],
    ]
    expect(await run({ ...usual, signedInAs: 'eve' }, steps)).toBe('')
  })
})
