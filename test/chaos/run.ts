import { acts } from './acts.ts'
import { runTasks } from './run-tasks.ts'
import { storeKinds } from './shared-engine.ts'
import { addRows, formatTable } from './table.ts'

/**
 * The command: performs the acts in ROUNDS rounds, with the seeds from SEED on, and prints the table. Returns the exit
 * code.
 *
 * @param args the names of acts, all when there is none; `--store KIND` for another store than the embedded one
 * @param wsgiProgram the path of test/stories/wsgi-server.py
 */
export async function main(
  args: readonly string[],
  { ROUNDS = '1', SEED = '1', CALLERS = '120' }: Record<string, string | undefined>,
  write: (text: string) => void,
  wsgiProgram: string,
): Promise<number> {
  const option = args.indexOf('--store')
  const storeKind = option === -1 ? 'embedded' : storeKinds.find((kind) => kind === args[option + 1])
  if (!storeKind) {
    write(`--store needs one of ${storeKinds.join(', ')}\n`)
    return 2
  }
  const names = option === -1 ? args : args.toSpliced(option, 2)
  const unknown = names.find((name) => !acts.some((act) => act.name === name))
  if (unknown !== undefined) {
    write(`There is no act ${unknown}. Acts: ${acts.map((act) => act.name).join(', ')}\n`)
    return 2
  }
  const chosen = acts.filter((act) => names.length === 0 || names.includes(act.name))
  const tasks = Array.from({ length: Number(ROUNDS) }, (_, round) =>
    chosen.map((act) => ({ act, seed: Number(SEED) + round })),
  ).flat()
  const results = await runTasks(tasks, {
    callersPerPlace: Math.ceil(Number(CALLERS) / 4),
    storeKind,
    wsgiProgram,
    report: (violation) => write(`${violation}\n`),
  })
  write(`${formatTable(addRows(results.flatMap(({ rows }) => rows)))}\n`)
  for (const act of chosen) {
    const skipped = results[tasks.findIndex((task) => task.act === act)]?.skipped
    if (skipped !== undefined) write(`Skipped ${act.name}: ${skipped}.\n`)
  }
  const hasViolations = results.some(({ violations }) => violations.length > 0)
  const size = `${ROUNDS} rounds of ${chosen.length} acts from SEED=${SEED}`
  write(hasViolations ? `${size} break promises.\n` : `${size} keep all promises.\n`)
  return hasViolations ? 1 : 0
}
