import type { ResolvedUser } from './users.ts'

/** The user and the scope of an access token. The user of a machine token is `null`. */
export interface TokenAccess<Owner extends ResolvedUser | null = ResolvedUser> {
  readonly user: Owner
  readonly scope: readonly string[]
}

/** The tokens of one token response. */
export interface IssuedTokens<Owner extends ResolvedUser | null = ResolvedUser> extends TokenAccess<Owner> {
  readonly accessToken: string
  readonly refreshToken: string | undefined
}

/** The token policy of an authorization server. */
export interface IssueRules {
  /** Seconds. */
  readonly accessTokenLifetime: number
  /** `one-use`: each refresh replaces the refresh token. `kept`: the first one stays valid and is sent only once. */
  readonly rotation: 'one-use' | 'kept'
}

/** Issues the tokens of one authorization server and remembers them. */
export interface TokenIssuer<Owner extends ResolvedUser | null = ResolvedUser> {
  readonly issue: (
    access: TokenAccess<Owner>,
    rules: IssueRules & { readonly withRefreshToken: boolean },
  ) => IssuedTokens<Owner>
  /**
   * Exchanges a refresh token. Returns `null` when it is unknown, expired, revoked or already used.
   * Reuse revokes every token that was issued since the sign-in (RFC 9700 §4.14.2).
   */
  readonly refresh: (
    refreshToken: string,
    rules: IssueRules,
    limitScope?: (scope: readonly string[]) => readonly string[],
  ) => IssuedTokens<Owner> | null
  /** Returns the access of a token, or `null` when the token is unknown, expired or revoked. */
  readonly findAccess: (accessToken: string) => TokenAccess<Owner> | null
  /** Whether an access token is known, not revoked, and expired. */
  readonly hasExpired: (accessToken: string) => boolean
  readonly expireAccessTokens: () => void
  readonly revokeAll: () => void
}

/** The tokens that follow from one `issue`, refreshed ones included. */
interface TokenFamily<Owner extends ResolvedUser | null> extends TokenAccess<Owner> {
  isRevoked: boolean
}

const refreshTokenLifetime = 30 * 24 * 60 * 60

export function createTokenIssuer<Owner extends ResolvedUser | null = ResolvedUser>(
  now: () => number,
  randomId: () => string,
): TokenIssuer<Owner> {
  const families = new Set<TokenFamily<Owner>>()
  const accessTokens = new Map<
    string,
    { family: TokenFamily<Owner>; scope: readonly string[]; expiresAt: number }
  >()
  const refreshTokens = new Map<string, { family: TokenFamily<Owner>; isUsed: boolean; expiresAt: number }>()

  function issueInFamily(
    family: TokenFamily<Owner>,
    scope: readonly string[],
    lifetime: number,
    withRefreshToken: boolean,
  ): IssuedTokens<Owner> {
    const accessToken = randomId()
    accessTokens.set(accessToken, { family, scope, expiresAt: now() + lifetime * 1000 })
    const refreshToken = withRefreshToken ? randomId() : undefined
    if (refreshToken !== undefined) {
      const expiresAt = now() + refreshTokenLifetime * 1000
      refreshTokens.set(refreshToken, { family, isUsed: false, expiresAt })
    }
    return { user: family.user, scope, accessToken, refreshToken }
  }

  return {
    issue: (access, rules) => {
      const family = { ...access, isRevoked: false }
      families.add(family)
      return issueInFamily(family, family.scope, rules.accessTokenLifetime, rules.withRefreshToken)
    },
    refresh: (refreshToken, rules, limitScope = (scope) => scope) => {
      const record = refreshTokens.get(refreshToken)
      if (!record || record.family.isRevoked || record.expiresAt <= now()) return null
      if (record.isUsed) {
        record.family.isRevoked = true
        return null
      }
      const isOneUse = rules.rotation === 'one-use'
      record.isUsed = isOneUse
      const scope = limitScope(record.family.scope)
      return issueInFamily(record.family, scope, rules.accessTokenLifetime, isOneUse)
    },
    findAccess: (accessToken) => {
      const record = accessTokens.get(accessToken)
      if (!record || record.family.isRevoked || record.expiresAt <= now()) return null
      return { user: record.family.user, scope: record.scope }
    },
    hasExpired: (accessToken) => {
      const record = accessTokens.get(accessToken)
      return record !== undefined && !record.family.isRevoked && record.expiresAt <= now()
    },
    expireAccessTokens: () => {
      for (const record of accessTokens.values()) record.expiresAt = now()
    },
    revokeAll: () => {
      for (const family of families) family.isRevoked = true
    },
  }
}
