import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { root } from '../scripts/run.mjs'
import { getMedian } from './rounds.mjs'

/**
 * A figure of the report: its value in every round, and the most that it should be.
 *
 * @typedef {object} Figure
 * @property {string} title
 * @property {string} [against] what it is compared with
 * @property {number[]} values
 * @property {number | null} goal
 * @property {(value: number) => string} [format] two decimals when absent
 *
 * @typedef {object} Report the result of one measurement
 * @property {string} unit the heading above the values
 * @property {Figure[]} figures
 * @property {string} rounds for example `5 rounds`
 * @property {string[]} notes sentences
 */

const file = join(root, 'docs/performance.md')

/** Describes what else the machine does; called before the benchmark adds its own load. */
export function describeOtherLoad() {
  const [load = 0] = loadavg()
  return `on ${availableParallelism()} cores with a load average of ${load.toFixed(1)} before`
}

/**
 * Writes a text into its section of docs/performance.md.
 *
 * @param {import('./options.mjs').MeasurementName} name
 * @param {string} text
 */
export function writeSection(name, text) {
  const start = `<!-- bench ${name} -->\n`
  const end = `\n<!-- end -->`
  const page = readFileSync(file, 'utf8')
  const from = page.indexOf(start)
  const to = page.indexOf(end, from)
  if (from === -1 || to === -1) throw new Error(`docs/performance.md has no section ${name}`)
  writeFileSync(file, `${page.slice(0, from + start.length)}\n${text}${page.slice(to)}`)
}

/**
 * @param {Report} report
 * @param {string} otherLoad
 */
export function formatReport({ unit, figures, rounds, notes }, otherLoad) {
  const hasAgainst = figures.some(({ against }) => against !== undefined)
  const columns = ['', ...(hasAgainst ? ['compared with'] : []), unit, 'range', 'goal', 'met']
  const rows = figures.map((figure) => {
    const { title, against = '', values, goal, format = formatRatio } = figure
    return [
      title,
      ...(hasAgainst ? [against] : []),
      format(getMedian(values)),
      values.length > 1 ? `${format(Math.min(...values))} to ${format(Math.max(...values))}` : '',
      goal === null ? '' : `≤ ${goal}`,
      isMet(figure) === null ? '' : isMet(figure) ? 'yes' : '**no**',
    ]
  })
  const date = new Date().toISOString().slice(0, 10)
  return [
    `Measured on ${date} with Node ${process.versions.node} on ${process.platform}, ${rounds},`,
    `${otherLoad}.`,
    ...notes,
    '',
    ...[columns, columns.map((_, index) => (index === 0 ? '---' : '---:')), ...rows].map(
      (cells) => `| ${cells.join(' | ')} |`,
    ),
    '',
  ].join('\n')
}

/**
 * Whether the median reaches the goal; `null` without a goal.
 *
 * @param {Figure} figure
 */
export function isMet({ values, goal }) {
  return goal === null ? null : getMedian(values) <= goal
}

/** @param {number} value */
function formatRatio(value) {
  return value.toFixed(2)
}
