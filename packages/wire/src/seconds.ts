/** The longest lifetime that is believed, in seconds (366 days): no answer makes a token immortal. */
export const maxLifetimeSeconds = 31_622_400

/**
 * Seconds from what a server said: a number, or a string of digits as several servers send it.
 * Anything else (missing, null, negative, text) is `null`, which means "not known", never "for ever";
 * 0 stays 0, which means "expired already". Longer than {@link maxLifetimeSeconds} is cut to it.
 *
 * @see RFC 6749 §5.1 and appendix A.14
 */
export function parseSeconds(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && seconds >= 0 ? Math.min(seconds, maxLifetimeSeconds) : null
}
