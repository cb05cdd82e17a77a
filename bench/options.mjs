/** The measurements, in the order in which they run. */
export const measurementNames = /** @type {const} */ ([
  'session',
  'proxy',
  'bodies',
  'refresh',
  'calls',
  'restore',
  'renders',
  'shared',
  'scale',
  'processes',
])

/**
 * @typedef {(typeof measurementNames)[number]} MeasurementName
 *
 * @typedef {object} BenchOptions
 * @property {boolean} quick whether fewer and shorter rounds are enough
 * @property {MeasurementName[]} only
 * @property {number} seed of the order of the servers
 */

/**
 * Parses the arguments of `npm run bench`.
 *
 * @param {string[]} args
 * @returns {BenchOptions}
 * @throws Error with a message for the terminal when an argument is unknown
 */
export function parseBenchOptions(args) {
  /** @type {BenchOptions} */
  const options = { quick: false, only: [], seed: Math.floor(Math.random() * 2 ** 32) }
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index]
    if (arg === '--quick') options.quick = true
    else if (arg === '--only') options.only.push(parseName(args[(index += 1)]))
    else if (arg === '--seed') options.seed = parseSeed(args[(index += 1)])
    else throw new Error(`Unknown argument: ${arg}. Expected: --quick, --only NAME or --seed NUMBER.`)
  }
  if (options.only.length === 0) options.only = [...measurementNames]
  return options
}

/** @param {string | undefined} text */
function parseName(text) {
  const name = measurementNames.find((known) => known === text)
  if (name === undefined)
    throw new Error(`Unknown measurement: ${text}. Expected: ${measurementNames.join(', ')}.`)
  return name
}

/** @param {string | undefined} text */
function parseSeed(text) {
  if (!/^\d+$/.test(text ?? '')) throw new Error(`Unusable seed: ${text}. Expected: a whole number.`)
  return Number(text)
}
