import type { Check } from './check.ts'
import { clientCredentials } from './checks/client-credentials.ts'
import { discovery } from './checks/discovery.ts'
import { oldRefreshTokenReused, refresh, refreshOnce, refreshTokenUsedElsewhere } from './checks/refresh.ts'
import { signIn, unknownUser, userinfo, wrongClientSecret, wrongPassword } from './checks/sign-in.ts'
import { revoke, signOut } from './checks/sign-out.ts'

/** All checks. Successful sign-ins separate the failing ones, so that servers do not lock the user out. */
export const checks: readonly Check[] = [
  signIn,
  userinfo,
  wrongPassword,
  refresh,
  refreshOnce,
  refreshTokenUsedElsewhere,
  oldRefreshTokenReused,
  unknownUser,
  discovery,
  signOut,
  revoke,
  clientCredentials,
  wrongClientSecret,
]
