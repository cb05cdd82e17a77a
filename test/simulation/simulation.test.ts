import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createChildEnv, root, run } from '../../scripts/run.mjs'
import { history } from './history.ts'
import { mutants } from './mutants.mjs'
import { main } from './run.ts'
import { runHistory } from './run-history.ts'

/** Runs the command in a process of its own, where the bundled sources run faster than here. */
async function runCommand(runs: number, seed: number, ...args: string[]): Promise<string> {
  const env = { ...createChildEnv(), RUNS: String(runs), SEED: String(seed) }
  const { output } = await run(process.execPath, [join(root, 'test/simulation/run.mjs'), ...args], { env })
  return output
}

describe('the simulation', () => {
  it('keeps all invariants in 2,000 random histories', async () => {
    expect(await runCommand(2000, 1)).toBe('2000 runs from SEED=1 keep all invariants.\n')
    // Milliseconds, for a machine that is busy with other work.
  }, 900_000)

  it('begins with any seed', async () => {
    let output = ''
    expect(await main({ RUNS: '2', SEED: '7' }, (text) => (output += text))).toBe(0)
    expect(output).toBe('2 runs from SEED=7 keep all invariants.\n')
  })

  it('names the seed, the shortest history and its trace when an invariant does not hold', async () => {
    const { id, seed } = mutants[0]!
    const output = await runCommand(1, seed, '--mutants', id)
    expect(output).toMatch(`found ${id} SEED=${seed} `)
    expect(output).toMatch(/The shortest history, after \d+ steps of shrinking: .*\n {2}1\. /)
    expect(await runCommand(1, seed, '--mutants', id)).toBe(output)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('repeats every event of a run with the seed %i', async (seed) => {
    const [sample] = fc.sample(history, { seed, numRuns: 1 })
    const { trace } = await runHistory(sample!)
    expect(trace.length).toBeGreaterThan(10)
    expect((await runHistory(sample!)).trace).toEqual(trace)
  })
})

describe('a mutant', () => {
  it.each(mutants)('$id changes a text that the source has once', ({ file, find, replace }) => {
    const source = readFileSync(join(root, file), 'utf8')
    expect(source.split(find)).toHaveLength(2)
    expect(replace).not.toBe(find)
  })

  it.each(mutants)('$id is in README.md with the seed that finds it', ({ id, defect, seed }) => {
    const readme = readFileSync(join(root, 'test/simulation/README.md'), 'utf8')
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${id}\` |`))
    expect(row).toContain(`| ${defect} | ${seed} |`)
  })
})
