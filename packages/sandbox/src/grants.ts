import type { Person } from './people.ts'

/** What one access token allows. */
export interface Access {
  readonly person: Person
  readonly scope: readonly string[]
}

/** The tokens of one answer. */
export interface IssuedTokens extends Access {
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
export interface Grants {
  readonly signIn: (
    access: Access,
    rules: IssueRules & { readonly withRefreshToken: boolean },
  ) => IssuedTokens
  /**
   * Exchanges a refresh token, or answers `null` when it is unknown, expired, revoked or used before.
   * A used one that comes back revokes everything issued since its sign-in (RFC 9700 §4.14.2).
   */
  readonly refresh: (
    refreshToken: string,
    rules: IssueRules,
    narrow: (scope: readonly string[]) => readonly string[],
  ) => IssuedTokens | null
  /** What an access token allows; `null` when it is unknown, expired or revoked. */
  readonly check: (accessToken: string) => Access | null
  readonly expireAccessTokens: () => void
  readonly revokeAll: () => void
}

/** Everything issued since one sign-in. */
interface Family extends Access {
  revoked: boolean
}

const refreshTokenLifetime = 30 * 24 * 60 * 60

export function createGrants(now: () => number, randomId: () => string): Grants {
  const families = new Set<Family>()
  const accessTokens = new Map<string, { family: Family; scope: readonly string[]; expiresAt: number }>()
  const refreshTokens = new Map<string, { family: Family; used: boolean; expiresAt: number }>()

  function issue(
    family: Family,
    scope: readonly string[],
    lifetime: number,
    withRefreshToken: boolean,
  ): IssuedTokens {
    const accessToken = randomId()
    accessTokens.set(accessToken, { family, scope, expiresAt: now() + lifetime * 1000 })
    const refreshToken = withRefreshToken ? randomId() : undefined
    if (refreshToken !== undefined) {
      refreshTokens.set(refreshToken, { family, used: false, expiresAt: now() + refreshTokenLifetime * 1000 })
    }
    return { person: family.person, scope, accessToken, refreshToken }
  }

  return {
    signIn: (access, rules) => {
      const family = { ...access, revoked: false }
      families.add(family)
      return issue(family, family.scope, rules.accessTokenLifetime, rules.withRefreshToken)
    },
    refresh: (refreshToken, rules, narrow) => {
      const found = refreshTokens.get(refreshToken)
      if (!found || found.family.revoked || found.expiresAt <= now()) return null
      if (found.used) {
        found.family.revoked = true
        return null
      }
      const isOneUse = rules.rotation === 'one-use'
      found.used = isOneUse
      return issue(found.family, narrow(found.family.scope), rules.accessTokenLifetime, isOneUse)
    },
    check: (accessToken) => {
      const found = accessTokens.get(accessToken)
      if (!found || found.family.revoked || found.expiresAt <= now()) return null
      return { person: found.family.person, scope: found.scope }
    },
    expireAccessTokens: () => {
      for (const token of accessTokens.values()) token.expiresAt = now()
    },
    revokeAll: () => {
      for (const family of families) family.revoked = true
    },
  }
}
