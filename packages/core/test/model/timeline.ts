/** Something that happens later, in a page if it has one. */
interface Task {
  at: number
  readonly isTimer: boolean
  readonly run: () => void
}

/** A history with more has a loop. */
const maxTasks = 20_000

/** The time of a model: what happens when, and the clocks that pages read. Times are milliseconds. */
export interface Timeline {
  /** The time that the machine was awake; tasks are scheduled on it. */
  readonly now: () => number
  /** The time that has really passed, which servers measure. */
  readonly realNow: () => number
  readonly performanceNow: () => number
  readonly wallNow: () => number
  /** Schedules a task, and returns the function that removes it. A timer of a page is late after sleep, or on time. */
  readonly schedule: (delay: number, run: () => void, isTimer?: boolean) => () => void
  /** Lets time pass; everything that a task causes settles before the next task. */
  readonly pass: (milliseconds: number) => Promise<void>
  readonly sleep: (milliseconds: number) => void
  readonly stepWallClock: (milliseconds: number) => void
}

/**
 * @param isMonotonicInSleep whether `performance.now()` and timers continue while the machine sleeps, as on Windows
 * @param onSettled called whenever all promises have settled that wait for nothing
 */
export function createTimeline(isMonotonicInSleep: boolean, onSettled: () => void): Timeline {
  const tasks = new Set<Task>()
  let now = 0
  let sleptMs = 0
  let wallStepMs = 0
  let taskCount = 0

  const settle = async (): Promise<void> => {
    // All promises of the model settle without a macrotask.
    await new Promise((resolve) => void setImmediate(resolve))
    onSettled()
  }

  const findNext = (endMs: number): Task | undefined => {
    let next: Task | undefined
    for (const task of tasks) if (task.at <= endMs && (!next || task.at < next.at)) next = task
    return next
  }

  return {
    now: () => now,
    realNow: () => now + sleptMs,
    performanceNow: () => now + (isMonotonicInSleep ? sleptMs : 0),
    wallNow: () => 1_800_000_000_000 + now + sleptMs + wallStepMs,
    schedule: (delay, run, isTimer = false) => {
      const task = { at: now + Math.max(0, delay), run, isTimer }
      tasks.add(task)
      return () => tasks.delete(task)
    },
    pass: async (milliseconds) => {
      const endMs = now + milliseconds
      await settle()
      for (let task = findNext(endMs); task; task = findNext(endMs)) {
        tasks.delete(task)
        taskCount += 1
        if (taskCount > maxTasks) throw new Error(`More than ${maxTasks} things happened in one history`)
        now = Math.max(now, task.at)
        task.run()
        await settle()
      }
      now = endMs
    },
    sleep: (milliseconds) => {
      sleptMs += milliseconds
      if (isMonotonicInSleep) for (const task of tasks) if (task.isTimer) task.at -= milliseconds
    },
    stepWallClock: (milliseconds) => {
      wallStepMs += milliseconds
    },
  }
}
