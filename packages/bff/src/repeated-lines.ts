import type { Logger } from './log.ts'

const minGapMs = 60_000

/**
 * Creates a function that warns, for lines that anybody can cause: each line at most once a minute. The next one says how
 * many were left out.
 */
export function createRepeatLimiter(logger: Logger, now: () => number): (line: string) => void {
  const linesByText = new Map<string, { loggedAt: number; omitted: number }>()
  return (line) => {
    const previous = linesByText.get(line)
    if (previous && Math.abs(now() - previous.loggedAt) < minGapMs) {
      previous.omitted += 1
      return
    }
    linesByText.set(line, { loggedAt: now(), omitted: 0 })
    const omitted = previous?.omitted ?? 0
    logger.warn(omitted === 0 ? line : `${line} (${omitted} more since the last such line)`)
  }
}
