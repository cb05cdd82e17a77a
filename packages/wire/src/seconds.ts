/** The longest lifetime that Latchkey accepts, in seconds (366 days): no response makes a token valid for ever. */
export const maxLifetimeSeconds = 31_622_400

/**
 * Parses seconds as servers send them: a number, or a string of digits. Anything else (missing, null, negative, text)
 * is `null`, which means "unknown", never "for ever"; 0 stays 0, which means "already expired". A longer time than
 * {@link maxLifetimeSeconds} becomes that.
 *
 * @see RFC 6749 §5.1 and appendix A.14
 */
export function parseSeconds(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && seconds >= 0 ? Math.min(seconds, maxLifetimeSeconds) : null
}
