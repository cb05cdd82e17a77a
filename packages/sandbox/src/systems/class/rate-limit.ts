/** What one call of the API leaves of its minute. */
export interface CallAllowance {
  readonly isUsedUp: boolean
  /** The headers that every answer of the API carries; there is no `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>
}

/** Counts a call. The minute begins with the first call after the one before it has ended. */
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
