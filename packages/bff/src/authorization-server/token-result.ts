import type { ChallengeRule } from '../description/provider-description.ts'

/** What an authorization server issued. */
export interface TokenSet {
  accessToken: string
  refreshToken: string | null
  /** Seconds from the moment it was asked for; `null` when nobody knows. */
  lifetime: number | null
  /** Seconds the refresh token lives from then on; `null` when nobody knows. */
  refreshLifetime: number | null
  /** What was granted, when the answer says so; else it is what was asked (RFC 6749 §5.1). */
  scope: string[] | null
  /** The user, as far as the answer describes one. */
  user: Record<string, unknown> | null
  /** Of no use before it is validated. */
  idToken: string | null
  /** The base of this user's API, where the answer names one. */
  apiBaseUrl: string | null
}

/** What an answer of the token endpoint means; `hint` is for the log and holds nothing that the server wrote. */
export type TokenResult =
  | { kind: 'issued'; token: TokenSet }
  /** The definitive refusals: of what a person typed, and of a refresh token. */
  | { kind: 'invalid_credentials' | 'session_ended'; hint?: string }
  /** Something more is asked for; `carried` goes along with the next request. */
  | { kind: 'challenge_required'; rule: ChallengeRule; continuation: Record<string, string> }
  /** This user may not sign in here, whatever is typed. */
  | { kind: 'access_denied'; hint: string }
  /** Somebody who runs this has to change something; trying again does not help. */
  | { kind: 'configuration_error'; hint: string }
  /**
   * Trying again later may help. `lost`: the request may have been acted upon, and its answer is not known.
   * `unexplained`: it was refused, by the server itself and not by a page in between, without a word of why.
   */
  | {
      kind: 'rate_limited' | 'temporarily_unavailable'
      hint: string
      retryAfter: number | null
      isResponseLost: boolean
      isUnexplained?: boolean
    }

/** What was being done when the token endpoint was asked. */
export type GrantPurpose = 'sign-in' | 'refresh'
