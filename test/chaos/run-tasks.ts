import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Random } from '../simulation/random.ts'
import { createRandom } from '../simulation/random.ts'
import { startWsgiServer, wsgiMissing } from '../stories/wsgi-server.ts'
import type { Act } from './act.ts'
import { startAuthorizationServer } from './authorization-server.ts'
import { startResourceServer } from './resource-server.ts'
import { runAct } from './run-act.ts'
import type { SharedEngine, StoreKind } from './shared-engine.ts'
import { startSharedEngine } from './shared-engine.ts'
import type { SmallDisk } from './small-disk.ts'
import { mountSmallDisk } from './small-disk.ts'
import type { Stage } from './stage.ts'
import { startStage } from './stage.ts'
import type { Row } from './table.ts'

/** An act with the seed of its random numbers. */
export interface Task {
  readonly act: Act
  readonly seed: number
}

export interface TaskResult {
  readonly rows: readonly Row[]
  readonly violations: readonly string[]
  /** Why the act was not performed. */
  readonly skipped?: string
}

export interface TaskOptions {
  /** Callers of each session at each process. */
  readonly callersPerPlace: number
  readonly storeKind: StoreKind
  readonly processCount: number
  /** The program of the nginx in front of the processes; `null` for none. */
  readonly nginxProgram: string | null
  /** The path of test/stories/wsgi-server.py. */
  readonly wsgiProgram: string
  readonly report: (violation: string) => void
}

/** Most acts wait, so several run at the same time, each with processes of its own. */
const laneCount = 3

/** Runs tasks, and returns their results in the same order. */
export async function runTasks(tasks: readonly Task[], options: TaskOptions): Promise<TaskResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-chaos-'))
  const disk = tasks.some((task) => task.act.needsSmallDisk && canUseStore(task))
    ? mountSmallDisk(join(folder, 'disk'))
    : 'not needed'
  const needsWsgi = wsgiMissing === null && tasks.some(({ act }) => act.needsWsgi)
  const wsgiServer = needsWsgi ? await startWsgiServer(options.wsgiProgram) : null
  const authorizationServer = await startAuthorizationServer()
  const resourceServer = await startResourceServer(authorizationServer.isAccepted)
  const results: TaskResult[] = []
  const waiting = new Set(tasks)
  try {
    const disks = Array.from({ length: Math.min(laneCount, tasks.length) }, (_, lane) =>
      lane === 0 && typeof disk !== 'string' ? disk : null,
    )
    await Promise.all(disks.map((laneDisk, lane) => runLane(laneDisk, join(folder, `lane-${lane}`))))
  } finally {
    authorizationServer.close()
    resourceServer.close()
    await wsgiServer?.stop()
    if (typeof disk !== 'string') disk.remove()
    rmSync(folder, { recursive: true, force: true })
  }
  return results

  /** Runs tasks one after the other, as long as there are some for this lane. */
  async function runLane(laneDisk: SmallDisk | null, laneFolder: string): Promise<void> {
    let stage: Stage | null = null
    const engine = await startSharedEngine(options.storeKind)
    for (;;) {
      const task = takeTask(laneDisk !== null)
      if (!task) break
      const skipped = findSkipReason(task)
      if (skipped !== null) {
        results[tasks.indexOf(task)] = { rows: [], violations: [], skipped }
        continue
      }
      stage ??= await startLaneStage(laneDisk, laneFolder, engine)
      const result = await runAct(task.act, {
        stage,
        engine,
        server: authorizationServer,
        random: createActRandom(task),
        disk: laneDisk,
        callersPerPlace: options.callersPerPlace,
      })
      for (const violation of result.violations) options.report(`SEED=${task.seed} ${violation}`)
      results[tasks.indexOf(task)] = result
    }
    await stage?.close()
    await engine?.close()
  }

  /** Takes the next task. The lane with the small disk takes those first that need one. */
  function takeTask(hasDisk: boolean): Task | undefined {
    const isForLane = ({ act }: Task): boolean => !act.needsSmallDisk || hasDisk || typeof disk === 'string'
    const all = [...waiting].filter(isForLane)
    const task = (hasDisk ? all.find(({ act }) => act.needsSmallDisk) : undefined) ?? all[0]
    if (task) waiting.delete(task)
    return task
  }

  function canUseStore({ act }: Task): boolean {
    return act.needsStore?.includes(options.storeKind) ?? true
  }

  function findSkipReason(task: Task): string | null {
    const { act } = task
    if (!canUseStore(task)) return `needs --store ${act.needsStore!.join(' or ')}`
    if (act.needsSeveral && options.processCount === 1) return 'needs several processes'
    if (act.needsHolderAlone && options.nginxProgram !== null && options.processCount > 1)
      return 'nginx sends requests to the other processes as well'
    if (act.needsSmallDisk && typeof disk === 'string') return disk
    return act.needsWsgi ? wsgiMissing : null
  }

  function startLaneStage(
    laneDisk: SmallDisk | null,
    laneFolder: string,
    engine: SharedEngine | null,
  ): Promise<Stage> {
    const config = {
      folder: laneDisk ? join(laneDisk.folder, 'sessions') : laneFolder,
      ...(engine && { engine: engine.address }),
      authorizationServer: authorizationServer.origin,
      resourceServer: resourceServer.origin,
      ...(wsgiServer && { wsgiServer: wsgiServer.origin }),
    }
    return startStage(config, options.processCount, options.nginxProgram)
  }
}

/** Creates the random numbers of one act, whatever other acts run. */
function createActRandom({ act, seed }: Task): Random {
  const nameSum = Buffer.from(act.name).reduce((sum, byte) => sum * 31 + byte, 7)
  return createRandom(seed * 1_000_003 + nameSum)
}
