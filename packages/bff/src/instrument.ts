/**
 * An act of the BFF that takes time. Its members are names of this package or of the configuration, so they can be the
 * labels of a metric: none is a user, a session or a secret.
 */
export type Operation =
  | { name: 'sign_in' | 'refresh' }
  /** A request to the token endpoint; `grant` is its name in the description, or `keep_alive`. */
  | { name: 'token_request'; grant: string }
  /** A request to the resource server, until its response begins; `route` is the path of the proxy route. */
  | { name: 'proxy_request'; route: string }
  /** A call of a method of the store. */
  | { name: 'store_call'; method: string }

/** Tells how an operation ended: a word of a closed set. */
export type EndOperation = (outcome: string) => void

/**
 * Measures an operation. It calls `run` at once and once, with a function that gets the outcome. What it returns or
 * throws changes nothing.
 */
export type Instrument = (operation: Operation, run: (end: EndOperation) => Promise<unknown>) => unknown

/**
 * Returns the result of some work, which an instrument measures if there is one.
 *
 * @param work calls its argument with the outcome; `failed` when it does not
 */
export function runInstrumented<T>(
  instrument: Instrument | undefined,
  operation: Operation,
  work: (end: EndOperation) => Promise<T>,
): Promise<T> {
  if (!instrument) return work(ignoreOutcome)
  let result: Promise<T> | undefined
  const run = (onEnd: EndOperation): Promise<T> => (result ??= runOnce(work, onEnd))
  try {
    const returned = instrument(operation, run)
    if (returned instanceof Promise) returned.catch(() => {})
  } catch {
    // The work goes on without its measurement.
  }
  return result ?? run(ignoreOutcome)
}

async function runOnce<T>(work: (end: EndOperation) => Promise<T>, onEnd: EndOperation): Promise<T> {
  let hasEnded = false
  const end: EndOperation = (outcome) => {
    if (hasEnded) return
    hasEnded = true
    try {
      onEnd(outcome)
    } catch {
      // The result counts, not its measurement.
    }
  }
  try {
    return await work(end)
  } finally {
    end('failed')
  }
}

function ignoreOutcome(): void {}
