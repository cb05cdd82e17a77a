/** How many failures a key may have in a row, and after how long each is forgotten. */
export interface FailureLimit {
  burst: number
  forgetAfterMs: number
}

const minute = 60_000

/** One client at one account: enough for users who mistype; then one guess a minute. */
export const clientLimit: FailureLimit = { burst: 10, forgetAfterMs: minute }

/** New addresses at one account. One address alone reaches its own limit first. */
export const accountLimit: FailureLimit = { burst: 20, forgetAfterMs: minute }

/** New clients at one address, over all accounts: enough for a thousand users in one office. */
export const addressLimit: FailureLimit = { burst: 30, forgetAfterMs: 10_000 }

/**
 * All clients without a known address at one account. The user may be one of them: the next try comes within the time
 * that a sign-in waits.
 */
export const unknownClientsLimit: FailureLimit = { burst: 10, forgetAfterMs: 4000 }

/**
 * Returns the milliseconds until a key may fail again, at most `forgetAfterMs` if nothing runs.
 *
 * @param forgottenAt when all its failures are forgotten
 * @param running how many sign-ins of the key run, each of which may fail
 */
export function getWaitMs(limit: FailureLimit, forgottenAt: number, now: number, running = 0): number {
  const { burst, forgetAfterMs } = limit
  return Math.max(0, getRemainingMs(limit, forgottenAt, now) + (running + 1 - burst) * forgetAfterMs)
}

/** Returns when all failures are forgotten, after one more. */
export function addFailure(limit: FailureLimit, forgottenAt: number, now: number): number {
  const { burst, forgetAfterMs } = limit
  return now + Math.min(getRemainingMs(limit, forgottenAt, now) + forgetAfterMs, burst * forgetAfterMs)
}

function getRemainingMs({ burst, forgetAfterMs }: FailureLimit, forgottenAt: number, now: number): number {
  const remainingMs = Math.max(0, forgottenAt - now)
  // A longer time means that the clock was set back, which must not lock users out.
  return remainingMs > burst * forgetAfterMs ? 0 : remainingMs
}
