import { measureBodies } from './bodies.mjs'
import { measureCalls } from './calls.mjs'
import { measureProcesses } from './processes.mjs'
import { measureProxy } from './proxy.mjs'
import { measureRefresh } from './refresh.mjs'
import { measureRenders } from './renders.mjs'
import { measureRestore } from './restore.mjs'
import { measureScale } from './scale.mjs'
import { measureSession } from './session.mjs'
import { measureShared } from './shared.mjs'

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
  shared: measureShared,
  scale: measureScale,
  processes: measureProcesses,
}
