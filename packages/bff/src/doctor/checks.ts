import { applicationToken } from './application-token.ts'
import { clientAuthentication } from './client.ts'
import { clock, discovery, host } from './network.ts'
import type { Check } from './examination.ts'
import { revocation } from './revocation.ts'
import { environment, settings } from './settings.ts'
import { tokenEndpoint } from './token-endpoint.ts'

/** All that is looked at without anybody's password, in order. */
export const checks: Check[] = [
  environment,
  settings,
  host,
  discovery,
  tokenEndpoint,
  clock,
  clientAuthentication,
  applicationToken,
  revocation,
]
