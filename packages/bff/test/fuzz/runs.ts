import type { Parameters } from 'fast-check'

/**
 * Returns the parameters of a property, which tries the same cases in each run unless RUNS or SEED is set.
 *
 * @param turn a number for each of several similar properties, so that they do not all try the same cases
 */
export function runs(defaultRuns: number, turn = 0): Parameters<unknown> {
  const { RUNS, SEED = '20260417' } = process.env
  return { numRuns: Number(RUNS ?? defaultRuns), seed: Number(SEED) + turn }
}
