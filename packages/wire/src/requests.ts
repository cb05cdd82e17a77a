/** The body of a sign-in. */
export interface SignInRequest {
  /** By the names of the provider's `login.fields`; for most, `username` and `password`. */
  credentials: Record<string, string>
  /** Asked scope; the provider's own default when absent. */
  scope?: string[] | undefined
  /** Whether the session outlives the browser window. */
  remember?: boolean | undefined
  /** The `id` of the challenge that these credentials answer. */
  challenge?: string | undefined
}

/** The body of a request for a token that is newer than the one held. */
export interface TokenRequest {
  session_id: string
  /** The sequence of the token held; 0 when none is held. */
  after: number
}
