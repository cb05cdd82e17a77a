import type { Check } from '../doctor-context.ts'
import { revocationProbe } from '../probe.ts'

/** Whether tokens can be given back. */
export const revocation: Check = async (context) => {
  const { provider, results } = context
  const { endpoints, tokenResponse, isClientAccepted } = results
  if (!tokenResponse || !endpoints || !isClientAccepted) return []
  const check = 'revocation'
  if (endpoints.revocation === null)
    return [
      {
        check,
        level: 'ok',
        message: 'no endpoint for it is known: tokens of who signs out live on until they end',
      },
    ]
  if (provider.revocation?.auth === 'bearer' || provider.login.userIsClient) return []
  const { response } = await revocationProbe.send(context, provider)
  if ('status' in response && response.status < 300)
    return [{ check, level: 'ok', message: 'the endpoint takes tokens back' }]
  return [
    {
      check,
      level: 'warn',
      message: `a token cannot be given back: ${'hint' in response ? response.hint : `the endpoint answers ${response.status}`}`,
      fix: 'is revocation.url right? Until then, tokens of who signs out live on until they end',
    },
  ]
}
