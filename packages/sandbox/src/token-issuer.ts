import type { SandboxUser } from './users.ts'

/** What one access token allows. `Owner` is `null` where a token belongs to the application itself. */
export interface TokenAccess<Owner extends SandboxUser | null = SandboxUser> {
  readonly user: Owner
  readonly scope: readonly string[]
}

/** The tokens of one answer. */
export interface IssuedTokens<Owner extends SandboxUser | null = SandboxUser> extends TokenAccess<Owner> {
  readonly accessToken: string
  readonly refreshToken: string | undefined
}

/** How tokens are to be issued; lifetimes in seconds. */
export interface IssueRules {
  readonly accessTokenLifetime: number
  /** `one-use`: each refresh token works once; `kept`: the first one stays good and is not sent again. */
  readonly rotation: 'one-use' | 'kept'
}

/** The tokens that one authorization server has issued. */
export interface TokenIssuer<Owner extends SandboxUser | null = SandboxUser> {
  readonly issue: (
    access: TokenAccess<Owner>,
    rules: IssueRules & { readonly withRefreshToken: boolean },
  ) => IssuedTokens<Owner>
  /**
   * Exchanges a refresh token, or answers `null` when it is unknown, expired, revoked or used before.
   * A used one that comes back revokes everything issued since the first (RFC 9700 §4.14.2).
   */
  readonly refresh: (
    refreshToken: string,
    rules: IssueRules,
    limitScope?: (scope: readonly string[]) => readonly string[],
  ) => IssuedTokens<Owner> | null
  /** What an access token allows; `null` when it is unknown, expired or revoked. */
  readonly check: (accessToken: string) => TokenAccess<Owner> | null
  /** Whether an access token is known and only its time is over. */
  readonly hasExpired: (accessToken: string) => boolean
  readonly expireAccessTokens: () => void
  readonly revokeAll: () => void
}

/** Everything that came of one `issue`. */
interface TokenFamily<Owner extends SandboxUser | null> extends TokenAccess<Owner> {
  revoked: boolean
}

const refreshTokenLifetime = 30 * 24 * 60 * 60

export function createTokenIssuer<Owner extends SandboxUser | null = SandboxUser>(
  now: () => number,
  randomId: () => string,
): TokenIssuer<Owner> {
  const families = new Set<TokenFamily<Owner>>()
  const accessTokens = new Map<
    string,
    { family: TokenFamily<Owner>; scope: readonly string[]; expiresAt: number }
  >()
  const refreshTokens = new Map<string, { family: TokenFamily<Owner>; used: boolean; expiresAt: number }>()

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
      refreshTokens.set(refreshToken, { family, used: false, expiresAt: now() + refreshTokenLifetime * 1000 })
    }
    return { user: family.user, scope, accessToken, refreshToken }
  }

  return {
    issue: (access, rules) => {
      const family = { ...access, revoked: false }
      families.add(family)
      return issueInFamily(family, family.scope, rules.accessTokenLifetime, rules.withRefreshToken)
    },
    refresh: (refreshToken, rules, limitScope = (scope) => scope) => {
      const found = refreshTokens.get(refreshToken)
      if (!found || found.family.revoked || found.expiresAt <= now()) return null
      if (found.used) {
        found.family.revoked = true
        return null
      }
      const isOneUse = rules.rotation === 'one-use'
      found.used = isOneUse
      return issueInFamily(found.family, limitScope(found.family.scope), rules.accessTokenLifetime, isOneUse)
    },
    check: (accessToken) => {
      const found = accessTokens.get(accessToken)
      if (!found || found.family.revoked || found.expiresAt <= now()) return null
      return { user: found.family.user, scope: found.scope }
    },
    hasExpired: (accessToken) => {
      const found = accessTokens.get(accessToken)
      return found !== undefined && !found.family.revoked && found.expiresAt <= now()
    },
    expireAccessTokens: () => {
      for (const token of accessTokens.values()) token.expiresAt = now()
    },
    revokeAll: () => {
      for (const family of families) family.revoked = true
    },
  }
}
