import type { Clock } from './clock.ts'

/** What happened in a run, and which invariants it broke. */
export interface Journal {
  /** One line for each event, which begins with the milliseconds since the start. */
  readonly lines: string[]
  readonly violations: string[]
  readonly note: (event: string) => void
  /** Notes that an invariant does not hold. */
  readonly violate: (invariant: string, details: string) => void
}

export function createJournal(clock: Clock): Journal {
  const lines: string[] = []
  const violations: string[] = []
  const note = (event: string): void => void lines.push(`${clock.elapsed()} ${event}`)
  return {
    lines,
    violations,
    note,
    violate: (invariant, details) => {
      violations.push(`${invariant}: ${details}`)
      note(`VIOLATION ${invariant}: ${details}`)
    },
  }
}
