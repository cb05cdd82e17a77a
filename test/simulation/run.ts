import fc from 'fast-check'
import { formatHistory, history } from './history.ts'
import { runHistory } from './run-history.ts'

/** The first seed of the runs in `npm test`. */
const defaultSeed = 1

/** Runs the history of a seed. Returns `null` when all invariants hold, otherwise a report with the shortest history. */
async function findViolation(seed: number): Promise<string | null> {
  const details = await fc.check(
    fc.asyncProperty(history, async (candidate) => {
      const { violations } = await runHistory(candidate)
      if (violations.length > 0) throw new Error(violations[0])
    }),
    { seed, numRuns: 1 },
  )
  if (!details.failed) return null
  const [shortest] = details.counterexample!
  const { trace, violations } = await runHistory(shortest)
  return [
    `SEED=${seed} breaks an invariant: ${violations.join('\n')}`,
    `The shortest history, after ${details.numShrinks} steps of shrinking: ${formatHistory(shortest)}`,
    'Its trace, in milliseconds:',
    ...trace.map((line) => `  ${line}`),
  ].join('\n')
}

/** The command: runs RUNS histories from the seed SEED on. Returns the exit code. */
export async function main(
  { RUNS = '2000', SEED = String(defaultSeed) }: Record<string, string | undefined>,
  write: (text: string) => void,
): Promise<number> {
  // Nobody reads the stacks of the thousands of errors that faults cause.
  Error.stackTraceLimit = 0
  for (let index = 0; index < Number(RUNS); index += 1) {
    const report = await findViolation(Number(SEED) + index)
    if (report !== null) {
      write(`${report}\n`)
      return 1
    }
  }
  write(`${RUNS} runs from SEED=${SEED} keep all invariants.\n`)
  return 0
}
