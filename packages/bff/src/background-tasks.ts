import type { Logger } from './log.ts'
import { describeError } from './log.ts'

/** Runs work that no response waits for. */
export interface BackgroundTasks {
  /** Starts a task. A failure is logged under its name, a noun phrase such as "Token revocation". */
  run(name: string, task: () => Promise<unknown>): void
  /** Resolves when no task is running. */
  whenIdle(): Promise<void>
}

export function createBackgroundTasks(logger: Logger): BackgroundTasks {
  const running = new Set<Promise<void>>()
  return {
    run(name, task) {
      const work = perform(name, task).finally(() => running.delete(work))
      running.add(work)
    },
    async whenIdle() {
      while (running.size > 0) await Promise.all(running)
    },
  }

  async function perform(name: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await task()
    } catch (error) {
      logger.warn(`${name} failed: ${describeError(error)}`)
    }
  }
}
