import { readFileSync } from 'node:fs'
import { findProgram } from '../scripts/find-program.mjs'

const taskset = findProgram(['taskset'])
const allowed = taskset === null ? [] : listAllowedCores()

/** @typedef {'server' | 'load' | 'any'} Role */

/** Whether the server under test and everything else run on different cores. */
const canSeparate = allowed.length > 1

/**
 * Returns the command that runs a program on the core of the server under test, on the other one, or on any.
 *
 * @param {Role} role
 * @param {string} program
 * @param {string[]} args
 * @returns {[program: string, args: string[]]}
 */
export function createCommand(role, program, args) {
  if (taskset === null || !canSeparate || role === 'any') return [program, args]
  return [taskset, ['-c', String(allowed[role === 'server' ? 0 : 1]), program, ...args]]
}

/** Lists the cores on which this process may run; none where the system does not tell. */
function listAllowedCores() {
  try {
    const [, list = ''] = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return list.split(',').flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
  } catch {
    return []
  }
}
