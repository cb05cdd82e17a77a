/** Why a session may end. */
export type EndCause = 'sign-out' | 'replaced' | 'revoked' | 'lost'

/** A refresh token as the authorization server knows it. */
export interface RefreshToken {
  readonly value: string
  readonly family: TokenFamily
  readonly issuedAt: number
  /** The first use that the server answered with new tokens. */
  use: TokenUse | null
}

/** What the simulation knows of the process that used a refresh token. */
export interface TokenUser {
  readonly name: string
  /** Whether the process runs. A killed process loses what it had not written. */
  readonly isAlive: () => boolean
  /** Whether the process ended after `close()`. */
  readonly wasClosed: () => boolean
  /** Whether the process closes and has failed to write as often as it tries. */
  readonly hasGivenUp: () => boolean
}

/** A use of a refresh token that the server answered with new tokens. */
export interface TokenUse {
  readonly user: TokenUser
  readonly sentAt: number
  state: 'pending' | 'delivered' | 'lost'
  /** Whether a browser or a resource server has seen the new token, so that the BFF must have stored it. */
  isObserved: boolean
}

/**
 * The tokens of one sign-in at the authorization server, and what the simulation knows of the session that has them.
 * All moments are milliseconds since 1970.
 */
export interface TokenFamily {
  readonly id: string
  readonly username: string
  readonly startedAt: number
  isRevoked: boolean
  /** Why the session may end, besides its limits. */
  readonly causes: Set<EndCause>
  /** The reasons that responses and pages gave for its end; without those that say only that it is gone. */
  readonly reasons: Set<string>
  /** The public id of the session, as soon as a response has named it. */
  sessionId: string | null
  /** The latest end that a response has promised, without further use. */
  promisedEnd: number
  /** When a request that counts as use was last under way. */
  lastUseAt: number
  /** When the BFF confirmed a sign-out of the session. */
  signedOutAt: number
  /** Whether the response to a refresh was lost, so that the BFF may name that reason. */
  hasLostResponse: boolean
  /** The access token of each sequence. */
  readonly tokenBySequence: Map<number, string>
  /** When refreshes were requested. */
  readonly refreshRequests: number[]
  /** The processes that wait for the response to a refresh. */
  readonly pendingUsers: Set<TokenUser>
}

export function createTokenFamily(id: string, username: string, now: number): TokenFamily {
  return {
    id,
    username,
    startedAt: now,
    isRevoked: false,
    causes: new Set(),
    reasons: new Set(),
    sessionId: null,
    promisedEnd: -Infinity,
    lastUseAt: now,
    signedOutAt: Infinity,
    hasLostResponse: false,
    tokenBySequence: new Map(),
    refreshRequests: [],
    pendingUsers: new Set(),
  }
}

/** Whether the rules allow that the session of a family has ended. */
export function mayHaveEnded({ causes, promisedEnd }: TokenFamily, now: number): boolean {
  return causes.size > 0 || now >= promisedEnd
}

/** Returns why a refresh token may be sent again after this use: the documented recoveries; `null` when it may not. */
export function findExcuse({ user, state, isObserved }: TokenUse): string | null {
  if (isObserved) return null
  if (user.hasGivenUp()) return 'the store failed while its process closed'
  if (state === 'lost') return 'the response was lost'
  if (!user.isAlive() && !user.wasClosed()) return 'its process ended'
  return null
}
