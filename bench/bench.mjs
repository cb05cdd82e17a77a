// `npm run bench`: measures Latchkey beside other servers and writes docs/performance.md.
import '../scripts/node-version.mjs'
import { bin, install, tool } from '../scripts/run.mjs'
import { step } from '../scripts/steps.mjs'
import { parseBenchOptions } from './options.mjs'

const options = readBenchOptions()
const isReady =
  (await step('install', install)) &&
  (await step('compile', () => tool(bin('typescript', 'tsc'), ['-b', 'packages/core', 'packages/bff'])))
if (!isReady) process.exit(1)

// Both import packages that the steps above install and compile.
const { measurements } = await import('./measurements/index.mjs')
const { describeOtherLoad, formatReport, isMet, writeSection } = await import('./report.mjs')
const { createShuffle } = await import('./rounds.mjs')

console.log(`Seed ${options.seed}: repeat the order with --seed ${options.seed}`)
const otherLoad = describeOtherLoad()
for (const name of options.only) {
  console.log(`\n${name}`)
  const report = await measurements[name](options, createShuffle(options.seed))
  const text = formatReport(report, otherLoad)
  writeSection(name, text)
  console.log(text)
  const missed = report.figures.filter((figure) => isMet(figure) === false)
  if (missed.length > 0) console.log(`Goals missed: ${missed.length}`)
}
console.log('Written: docs/performance.md')

/** Parses the arguments of this process. Ends the process with a message when one is unknown. */
function readBenchOptions() {
  try {
    return parseBenchOptions(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return process.exit(1)
  }
}
