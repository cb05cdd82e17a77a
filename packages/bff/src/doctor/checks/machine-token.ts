import { grantNamed } from '../../description/provider-description.ts'
import type { Check } from '../doctor-context.ts'
import { toldOf } from '../token-findings.ts'
import { signIn, tokenProbe } from '../probe.ts'

/** Asks for a token of the application, which nobody's password is needed for. It is kept nowhere. */
export const applicationToken: Check = async (examination) => {
  const { provider, learnt } = examination
  const { first, clientIsGood } = learnt
  if (provider.login.mode !== 'automatic' || !first || !clientIsGood) return []
  const { judgement } = tokenProbe(provider).issues ? first : await signIn(examination, provider)
  if (judgement?.kind === 'issued')
    return toldOf(judgement.token, grantNamed(provider, provider.primary).scope.default, examination)
  const later = judgement?.kind === 'transient' || judgement?.kind === 'rate_limited'
  return [
    {
      check: 'token',
      verdict: later ? 'warn' : 'FAILED',
      says: judgement && 'hint' in judgement ? judgement.hint : 'the application gets no token',
      ...(later && { fix: 'run this again later' }),
    },
  ]
}
