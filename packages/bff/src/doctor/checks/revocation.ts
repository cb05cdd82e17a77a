import type { Check } from '../doctor-context.ts'
import { revocationProbe } from '../probe.ts'

/** Checks that the revocation endpoint revokes tokens (RFC 7009). */
export const checkRevocation: Check = async (context) => {
  const { provider, results } = context
  const { endpoints, tokenResponse, isClientAccepted } = results
  if (!tokenResponse || !endpoints || !isClientAccepted) return []
  const check = 'revocation'
  if (endpoints.revocation === null)
    return [
      {
        check,
        level: 'ok',
        message: 'no endpoint known: after sign-out, tokens stay valid until they expire',
      },
    ]
  if (provider.revocation?.auth === 'bearer' || provider.login.userIsClient) return []
  const { response } = await revocationProbe.send(context, provider)
  if ('status' in response && response.status < 300)
    return [{ check, level: 'ok', message: 'the endpoint revokes tokens' }]
  const reason = 'hint' in response ? response.hint : `the endpoint responded with ${response.status}`
  return [
    {
      check,
      level: 'warn',
      message: `token revocation failed: ${reason}`,
      fix: 'check the URL of the revocation endpoint, and that this client may use it. Until then, tokens stay valid after sign-out until they expire',
    },
  ]
}
