/** The state of the rate limit after one call. */
export interface CallAllowance {
  readonly isUsedUp: boolean
  /** The headers of every API response, without a `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>
}

/** Returns a function that counts one call. A minute begins with the first call after the previous minute. */
export function createCallCounter(now: () => number, callsPerMinute: number): () => CallAllowance {
  let calls = 0
  let expiresAt = -Infinity

  return () => {
    if (now() >= expiresAt) {
      calls = 0
      expiresAt = now() + 60_000
    }
    calls++
    return {
      isUsedUp: calls > callsPerMinute,
      headers: {
        'X-RateLimit-1Min-Remaining': String(Math.max(0, callsPerMinute - calls)),
        'X-RateLimit-ResetAfter': String(Math.ceil((expiresAt - now()) / 1000)),
      },
    }
  }
}
