import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createChildEnv, root, run } from '../../scripts/run.mjs'
import { findRedis } from '../../packages/bff/test/stores/redis-server.ts'
import { acts } from './acts.ts'
import { mutants } from './mutants.mjs'

const readme = readFileSync(join(root, 'test/chaos/README.md'), 'utf8')

function runCommand(args: string[], env: Record<string, string> = {}): ReturnType<typeof run> {
  const command = join(root, 'test/chaos/run.mjs')
  return run(process.execPath, [command, ...args], { env: { ...createChildEnv(), ...env } })
}

describe('four processes on one store', () => {
  it('keep the promises of each act, at authorization servers of three kinds', async () => {
    const { output } = await runCommand([], { CALLERS: '12', SEED: '1', ROUNDS: '1' })
    expect(output).toContain(`1 rounds of ${acts.length} acts from SEED=1 keep all promises.\n`)
    // Milliseconds, for a machine that is busy with other work.
  }, 900_000)

  it.each([
    [['--store', 'files'], '--store needs one of embedded, redis, postgres'],
    [['--processes', 'all'], '--processes needs a number from 1 on'],
  ])('are not started with %j', async (args, message) => {
    const { ok, output } = await runCommand(args)
    expect(ok).toBe(false)
    expect(output).toContain(message)
  })

  it('are not started for an act that does not exist', async () => {
    const { ok, output } = await runCommand(['flood'])
    expect(ok).toBe(false)
    expect(output).toContain('There is no act flood. Acts: killed-before-use, ')
  })
})

describe('four processes on Redis (needs Redis)', () => {
  // Over Redis and PostgreSQL, all acts run by the command in the README: they would take longer than `npm test` has.
  it.skipIf(findRedis() === null)(
    'keep the promises when it is killed in a refresh and a sign-in',
    async () => {
      const { output } = await runCommand(['--store', 'redis', 'store-killed'], { CALLERS: '4', SEED: '1' })
      expect(output).toContain('1 rounds of 1 acts from SEED=1 keep all promises.\n')
    },
    300_000,
  )
})

describe('README.md', () => {
  it.each(acts)('describes the act $name', ({ name }) => {
    expect(readme).toContain(`| \`${name}\` |`)
  })

  it.each(mutants)('describes the mutant $id with its act and its seed', ({ id, defect, act, seed }) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${id}\` |`))
    expect(row).toContain(`| ${defect} | \`${act}\` | ${seed} |`)
  })
})

describe('a mutant', () => {
  it.each(mutants)('$id changes a text that the source has once', ({ file, find, replace }) => {
    expect(readFileSync(join(root, file), 'utf8').split(find)).toHaveLength(2)
    expect(replace).not.toBe(find)
  })
})
