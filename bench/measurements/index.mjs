import { measureBodies } from './bodies.mjs'
import { measureCalls } from './calls.mjs'
import { measureProxy } from './proxy.mjs'
import { measureRefresh } from './refresh.mjs'
import { measureRenders } from './renders.mjs'
import { measureRestore } from './restore.mjs'
import { measureSession } from './session.mjs'

/**
 * The measurements by name.
 *
 * @type {Record<
 *   import('../options.mjs').MeasurementName,
 *   (options: import('../options.mjs').BenchOptions, shuffle: import('../rounds.mjs').Shuffle) => Promise<import('../report.mjs').Report>
 * >}
 */
export const measurements = {
  session: measureSession,
  proxy: measureProxy,
  bodies: measureBodies,
  refresh: measureRefresh,
  calls: measureCalls,
  restore: measureRestore,
  renders: measureRenders,
}
