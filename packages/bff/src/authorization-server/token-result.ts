import type { ChallengeRule } from '../description/provider-description.ts'

/** The tokens of one response of the token endpoint. */
export interface TokenSet {
  accessToken: string
  refreshToken: string | null
  /** Seconds since the token request was sent; `null` when unknown. */
  lifetime: number | null
  /** Seconds that the refresh token is valid since that moment; `null` when unknown. */
  refreshLifetime: number | null
  /** The granted scope; `null` when the response has none: then it is the requested scope (RFC 6749 §5.1). */
  scope: string[] | null
  /** The user as the response describes them; `null` when it does not. */
  user: Record<string, unknown> | null
  /** Not validated yet. */
  idToken: string | null
  /** The base URL of this user's API, when the response names one. */
  apiBaseUrl: string | null
}

/** What a response of the token endpoint means. `hint` is for the log and contains nothing that the server wrote. */
export type TokenResult =
  | { kind: 'issued'; token: TokenSet }
  /** The server definitively rejected the user's credentials or the refresh token. */
  | { kind: 'invalid_credentials' | 'session_ended'; hint?: string }
  /** The sign-in needs another step; the request of that step sends `continuation`. */
  | { kind: 'challenge_required'; rule: ChallengeRule; continuation: Record<string, string> }
  /** This user may not sign in here, even with the right credentials. */
  | { kind: 'access_denied'; hint: string }
  /** The operator must change something; a retry does not help. */
  | { kind: 'configuration_error'; hint: string }
  /**
   * A retry may help. `isResponseLost`: the server may have acted on the request, and its response is unknown.
   * `isUnexplained`: the token endpoint itself rejected a refresh, without an error code that says why.
   */
  | {
      kind: 'rate_limited' | 'temporarily_unavailable'
      hint: string
      retryAfter: number | null
      isResponseLost: boolean
      isUnexplained?: boolean
    }

/** Whether a grant signs a user in or refreshes a session. */
export type GrantPurpose = 'sign-in' | 'refresh'
