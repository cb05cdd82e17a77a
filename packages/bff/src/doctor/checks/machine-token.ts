import { getGrant } from '../../description/provider-description.ts'
import type { Check } from '../doctor-context.ts'
import { describeTokenSet } from '../token-findings.ts'
import { probeSignIn, createTokenProbe } from '../probe.ts'

/** Requests a machine token where the provider issues one. It needs no user, and the token is not kept. */
export const checkMachineToken: Check = async (context) => {
  const { provider, results } = context
  const { tokenResponse, isClientAccepted } = results
  if (provider.login.mode !== 'automatic' || !tokenResponse || !isClientAccepted) return []
  const { result } = createTokenProbe(provider).issuesToken
    ? tokenResponse
    : await probeSignIn(context, provider)
  if (result?.kind === 'issued')
    return describeTokenSet(result.token, getGrant(provider, provider.signInGrant).scope.default, context)
  const isTemporary = result?.kind === 'temporarily_unavailable' || result?.kind === 'rate_limited'
  return [
    {
      check: 'access token',
      level: isTemporary ? 'warn' : 'FAILED',
      message: result && 'hint' in result ? result.hint : 'the token endpoint issued no machine token',
      ...(isTemporary && { fix: 'run this again later' }),
    },
  ]
}
