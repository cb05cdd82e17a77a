/** @typedef {import('./run.mjs').Outcome} Outcome */

let failed = false

/** Whether any step has failed so far. */
export function anyFailed() {
  return failed
}

/**
 * Runs one step and prints one line for it, and its whole output when it fails.
 *
 * @param {string} name
 * @param {() => Promise<Outcome>} work
 * @param {(output: string) => string} [note] what to print beside a success, from the output
 */
export async function step(name, work, note = () => '') {
  const started = performance.now()
  const { ok, output } = await work().catch((error) => ({ ok: false, output: String(error?.stack ?? error) }))
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds} s  ${name}${ok ? note(output) : ''}`)
  if (!ok) console.log(`\n${output.trim()}\n`)
  failed ||= !ok
  return ok
}
