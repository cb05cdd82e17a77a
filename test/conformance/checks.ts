import type { Check } from './check.ts'
import { clientCredentials } from './checks/client-credentials.ts'
import { discovery } from './checks/discovery.ts'
import { oldRefreshTokenReused, refresh, refreshOnce, refreshTokenUsedElsewhere } from './checks/refresh.ts'
import { signIn, unknownUser, userinfo, wrongClientSecret, wrongPassword } from './checks/sign-in.ts'
import { revoke, signOut } from './checks/sign-out.ts'

/** All checks. Sign-ins stand between the wrong ones, so that no server thinks of an attack. */
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
