import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, startRedis } from '../engines.mjs'

const few = 10_000
const kinds = /** @type {const} */ ({
  memory: 'memory store',
  embedded: 'embedded store',
  redis: 'Redis',
  postgres: 'PostgreSQL',
})
const titles = /** @type {const} */ ({
  read: 'read',
  signIn: 'sign-in',
  cleanUp: 'sign-in after 20,000 others have expired',
  everywhere: 'end all five sessions of a user',
})

/**
 * Measures each store with one million live sessions (with `--quick` a hundred thousand) beside ten thousand.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureScale({ quick, seed }) {
  const many = quick ? 100_000 : 1_000_000
  const rounds = quick ? 3 : 5
  const results = []
  for (const kind of /** @type {(keyof typeof kinds)[]} */ (Object.keys(kinds))) {
    console.log(`  ${kinds[kind]}`)
    results.push({ kind, result: await measureStore(kind, { counts: [few, many], rounds, seed }) })
  }
  const number = new Intl.NumberFormat('en')
  const against = `${number.format(few)} sessions`
  return {
    unit: 'bytes, or ratio of times',
    rounds: `${rounds} rounds`,
    notes: [`Each store had ${number.format(many)} live sessions.`],
    figures: results.flatMap(({ kind, result }) => [
      {
        title: `bytes of a session, ${kinds[kind]}`,
        against: '',
        values: [result.bytesPerSession],
        goal: null,
        format: (/** @type {number} */ value) => number.format(Math.round(value)),
      },
      ...Object.entries(result.ratios).map(([name, values]) => ({
        title: `${titles[/** @type {keyof typeof titles} */ (name)]}, ${kinds[kind]}`,
        against,
        values,
        goal: null,
      })),
    ]),
  }
}

/**
 * @param {keyof typeof kinds} kind
 * @param {{ counts: [few: number, many: number], rounds: number, seed: number }} options
 * @returns {Promise<import('../scale-process.mjs').ScaleResult>}
 */
async function measureStore(kind, options) {
  const places = [await createPlace(kind), await createPlace(kind)]
  try {
    const args = { kind, paths: places.map(({ path }) => path), ...options }
    const child = fork(join(import.meta.dirname, '../scale-process.mjs'), [JSON.stringify(args)], {
      execArgv: ['--expose-gc', '--max-old-space-size=8192'],
    })
    const exit = once(child, 'exit')
    const [result] = await Promise.race([
      once(child, 'message'),
      exit.then(([code]) => {
        throw new Error(`A process of the benchmark ended with ${code}`)
      }),
    ])
    child.kill('SIGKILL')
    await exit
    return result
  } finally {
    for (const { remove } of places) await remove()
  }
}

/**
 * Creates the folder or starts the server of a store.
 *
 * @param {keyof typeof kinds} kind
 */
async function createPlace(kind) {
  if (kind === 'redis' || kind === 'postgres') {
    const engine = await (kind === 'redis' ? startRedis('any') : startPostgres('any'))
    return { path: engine.address.path, remove: engine.stop }
  }
  const path = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  return { path, remove: async () => rmSync(path, { recursive: true, force: true }) }
}
