import { parseArgs } from 'node:util'
import { findNginx } from '../first-page/nginx.ts'
import { acts } from './acts.ts'
import { runTasks } from './run-tasks.ts'
import type { StoreKind } from './shared-engine.ts'
import { storeKinds } from './shared-engine.ts'
import { addRows, formatTable } from './table.ts'

/**
 * The command: performs the acts in ROUNDS rounds, with the seeds from SEED on, and prints the table. Returns the exit
 * code.
 *
 * @param args the names of acts, all when there is none; `--store KIND` for another store than the embedded one,
 *   `--processes N` for another number than four, `--nginx` for nginx in front of them
 * @param wsgiProgram the path of test/stories/wsgi-server.py
 */
export async function main(
  args: readonly string[],
  { ROUNDS = '1', SEED = '1', CALLERS = '120' }: Record<string, string | undefined>,
  write: (text: string) => void,
  wsgiProgram: string,
): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    write(`${options}\n`)
    return 2
  }
  const { names, storeKind, processCount, nginxProgram } = options
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
    callersPerPlace: Math.ceil(Number(CALLERS) / processCount),
    storeKind,
    processCount,
    nginxProgram,
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

interface Options {
  readonly names: readonly string[]
  readonly storeKind: StoreKind
  readonly processCount: number
  readonly nginxProgram: string | null
}

/** Reads the arguments. Returns what is wrong with them as a text. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        store: { type: 'string', default: 'embedded' },
        processes: { type: 'string', default: '4' },
        nginx: { type: 'boolean', default: false },
      },
    })
    const storeKind = storeKinds.find((kind) => kind === values.store)
    if (!storeKind) return `--store needs one of ${storeKinds.join(', ')}`
    const processCount = Number(values.processes)
    if (!Number.isInteger(processCount) || processCount < 1) return '--processes needs a number from 1 on'
    const nginxProgram = values.nginx ? findNginx() : null
    if (values.nginx && nginxProgram === null) return '--nginx needs nginx'
    return { names: positionals, storeKind, processCount, nginxProgram }
  } catch (error) {
    return (error as Error).message
  }
}
