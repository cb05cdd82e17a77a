import type { Check } from '../doctor-context.ts'
import { revocationProbe } from '../probe.ts'

/** Whether tokens can be given back. */
export const revocation: Check = async (examination) => {
  const { provider, learnt } = examination
  const { endpoints, first, clientIsGood } = learnt
  if (!first || !endpoints || !clientIsGood) return []
  const check = 'revocation'
  if (endpoints.revocation === null)
    return [
      {
        check,
        verdict: 'ok',
        says: 'no endpoint for it is known: tokens of who signs out live on until they end',
      },
    ]
  if (provider.revocation?.auth === 'bearer' || provider.login.asClient) return []
  const { answer } = await revocationProbe.send(examination, provider)
  if ('status' in answer && answer.status < 300)
    return [{ check, verdict: 'ok', says: 'the endpoint takes tokens back' }]
  return [
    {
      check,
      verdict: 'warn',
      says: `a token cannot be given back: ${'why' in answer ? answer.why : `the endpoint answers ${answer.status}`}`,
      fix: 'is revocation.url right? Until then, tokens of who signs out live on until they end',
    },
  ]
}
