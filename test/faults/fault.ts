/** A test, by its file (from the folder of the repository) and its title, after those of suites where that is clearer. */
export type TestReference = readonly [file: string, title: string]

/** Something that went wrong when Latchkey was used or attacked, or in another library. */
export interface Fault {
  /** Its number in the report that found it; numbers are never reused. */
  id: string
  /** What happened. */
  fault: string
  /** What happens instead. */
  now: string
  /** The tests that fail when the fault comes back. */
  tests?: readonly TestReference[]
  /** Why there is no test. */
  reason?: string
}

/** The faults that one report found. */
export interface FaultGroup {
  title: string
  faults: readonly Fault[]
}
