import type { Parameters } from 'fast-check'

/**
 * The same cases each time, so that a red run means a change; RUNS and SEED look further. Properties that are alike have
 * a `turn` each, so that they do not all try the same.
 */
export function runs(usual: number, turn = 0): Parameters<unknown> {
  const { RUNS, SEED = '20260417' } = process.env
  return { numRuns: Number(RUNS ?? usual), seed: Number(SEED) + turn }
}
