/** @typedef {{ withBrowser: boolean }} Options whether the tests that need a browser run */

/**
 * Parses the arguments of `npm test` and `npm run check`.
 *
 * @param {string[]} args
 * @returns {Options}
 * @throws Error with a message for the terminal when an argument is unknown
 */
export function parseOptions(args) {
  const unknown = args.filter((arg) => arg !== '--no-browser')
  if (unknown.length > 0)
    throw new Error(
      `Unknown argument: ${unknown.join(' ')}. Expected: nothing, or --no-browser to leave out the tests that need a browser.`,
    )
  return { withBrowser: args.length === 0 }
}

/**
 * Parses the arguments of this process. Ends the process with a message when one is unknown.
 *
 * @returns {Options}
 */
export function readOptions() {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return process.exit(1)
  }
}
