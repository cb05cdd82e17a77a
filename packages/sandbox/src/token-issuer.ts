import type { Person } from './users.ts'

/** What one access token allows. `Owner` is `null` where a token belongs to the application itself. */
export interface Access<Owner extends Person | null = Person> {
  readonly person: Owner
  readonly scope: readonly string[]
}

/** The tokens of one answer. */
export interface IssuedTokens<Owner extends Person | null = Person> extends Access<Owner> {
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
export interface Grants<Owner extends Person | null = Person> {
  readonly issue: (
    access: Access<Owner>,
    rules: IssueRules & { readonly withRefreshToken: boolean },
  ) => IssuedTokens<Owner>
  /**
   * Exchanges a refresh token, or answers `null` when it is unknown, expired, revoked or used before.
   * A used one that comes back revokes everything issued since the first (RFC 9700 §4.14.2).
   */
  readonly refresh: (
    refreshToken: string,
    rules: IssueRules,
    narrow?: (scope: readonly string[]) => readonly string[],
  ) => IssuedTokens<Owner> | null
  /** What an access token allows; `null` when it is unknown, expired or revoked. */
  readonly check: (accessToken: string) => Access<Owner> | null
  /** Whether an access token is known and only its time is over. */
  readonly hasExpired: (accessToken: string) => boolean
  readonly expireAccessTokens: () => void
  readonly revokeAll: () => void
}

/** Everything that came of one `issue`. */
interface Family<Owner extends Person | null> extends Access<Owner> {
  revoked: boolean
}

const refreshTokenLifetime = 30 * 24 * 60 * 60

export function createGrants<Owner extends Person | null = Person>(
  now: () => number,
  randomId: () => string,
): Grants<Owner> {
  const families = new Set<Family<Owner>>()
  const accessTokens = new Map<
    string,
    { family: Family<Owner>; scope: readonly string[]; expiresAt: number }
  >()
  const refreshTokens = new Map<string, { family: Family<Owner>; used: boolean; expiresAt: number }>()

  function issueIn(
    family: Family<Owner>,
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
    return { person: family.person, scope, accessToken, refreshToken }
  }

  return {
    issue: (access, rules) => {
      const family = { ...access, revoked: false }
      families.add(family)
      return issueIn(family, family.scope, rules.accessTokenLifetime, rules.withRefreshToken)
    },
    refresh: (refreshToken, rules, narrow = (scope) => scope) => {
      const found = refreshTokens.get(refreshToken)
      if (!found || found.family.revoked || found.expiresAt <= now()) return null
      if (found.used) {
        found.family.revoked = true
        return null
      }
      const isOneUse = rules.rotation === 'one-use'
      found.used = isOneUse
      return issueIn(found.family, narrow(found.family.scope), rules.accessTokenLifetime, isOneUse)
    },
    check: (accessToken) => {
      const found = accessTokens.get(accessToken)
      if (!found || found.family.revoked || found.expiresAt <= now()) return null
      return { person: found.family.person, scope: found.scope }
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
