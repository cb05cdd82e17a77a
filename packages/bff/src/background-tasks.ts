import { runWithDeadline } from './deadline.ts'
import type { DeadlinePlatform } from './deadline.ts'
import { BffError } from './errors.ts'
import type { Logger } from './log.ts'
import { describeError } from './log.ts'
import type { Platform } from './platform.ts'

/** Runs work that outlives a request, and ends it when the BFF closes. */
export interface BackgroundTasks {
  /** Starts a task. A failure is logged under its name, a noun phrase such as "Token revocation". */
  run(name: string, task: () => Promise<unknown>): void
  /** Returns work that a response waits for, and makes `close` wait for it as well. */
  track<T>(work: Promise<T>): Promise<T>
  /** Aborts when `close` is called: from then on no grant starts. Streams to browsers may end then. */
  closing: AbortSignal
  /** Resolves when no task is running, or after that many milliseconds. */
  close(maxMilliseconds: number): Promise<void>
}

export function createBackgroundTasks(
  platform: DeadlinePlatform & Pick<Platform, 'waitUntil'>,
  logger: Logger,
): BackgroundTasks {
  const running = new Set<Promise<unknown>>()
  const closing = new AbortController()
  return {
    run: (name, task) => void track(perform(name, task)),
    track,
    closing: closing.signal,
    async close(maxMilliseconds) {
      closing.abort()
      const createError = (): Error =>
        new BffError('temporarily_unavailable', `work is still under way after ${maxMilliseconds / 1000} s`)
      try {
        await runWithDeadline(platform, maxMilliseconds, createError, waitUntilIdle)
      } catch (error) {
        logger.warn(`close() ended early: ${describeError(error)}`)
      }
    },
  }

  function track<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = work.then(
      () => running.delete(settled),
      () => running.delete(settled),
    )
    running.add(settled)
    platform.waitUntil(settled)
    return work
  }

  async function waitUntilIdle(): Promise<void> {
    while (running.size > 0) await Promise.all(running)
  }

  async function perform(name: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await task()
    } catch (error) {
      logger.warn(`${name} failed: ${describeError(error)}`)
    }
  }
}

/** Throws once the BFF closes: a grant that starts now might not be saved. */
export function assertNotClosing({ closing }: Pick<BackgroundTasks, 'closing'>): void {
  if (closing.aborted)
    throw new BffError('temporarily_unavailable', 'The server is about to stop', { retryAfter: 1 })
}
