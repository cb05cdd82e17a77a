import { getGrant } from '../../description/provider-description.ts'
import type { Check } from '../doctor-context.ts'
import { describeTokenSet } from '../token-findings.ts'
import { probeSignIn, createTokenProbe } from '../probe.ts'

/** Asks for a token of the application, which nobody's password is needed for. It is kept nowhere. */
export const checkMachineToken: Check = async (context) => {
  const { provider, results } = context
  const { tokenResponse, isClientAccepted } = results
  if (provider.login.mode !== 'automatic' || !tokenResponse || !isClientAccepted) return []
  const { result } = createTokenProbe(provider).issues ? tokenResponse : await probeSignIn(context, provider)
  if (result?.kind === 'issued')
    return describeTokenSet(result.token, getGrant(provider, provider.signInGrant).scope.default, context)
  const later = result?.kind === 'temporarily_unavailable' || result?.kind === 'rate_limited'
  return [
    {
      check: 'token',
      level: later ? 'warn' : 'FAILED',
      message: result && 'hint' in result ? result.hint : 'the application gets no token',
      ...(later && { fix: 'run this again later' }),
    },
  ]
}
