import { readFileSync } from 'node:fs'

/**
 * What a process has used so far.
 *
 * @typedef {{ cpuMicroseconds: number, peakBytes: number }} Usage
 */

/** Microseconds; the unit of `/proc/PID/stat` on every Linux that Node supports. */
const tick = 10_000

/**
 * Reads the CPU time of a process with all its threads, and the most memory that it had resident.
 *
 * @param {number} pid
 * @returns {Usage | null} `null` on systems other than Linux
 */
export function readUsage(pid) {
  if (process.platform !== 'linux') return null
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [, peak = 0] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return {
    cpuMicroseconds: (Number(fields[11]) + Number(fields[12])) * tick,
    peakBytes: Number(peak) * 1024,
  }
}
