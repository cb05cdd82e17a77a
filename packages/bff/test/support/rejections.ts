import type { ProviderDescription } from '../../src/index.ts'
import { createTestBff } from './browser.ts'
import type { Reply } from './token-endpoint.ts'

/** The result of a request that the authorization server rejected. */
export interface Rejection {
  status: number
  error: string | undefined
  /** The log lines of the request; empty without any. */
  log: string
}

/** Signs in, with this reply of the token endpoint. */
export async function getSignInRejection(
  provider: ProviderDescription,
  reply: Reply,
  credentials?: Record<string, string>,
): Promise<Rejection> {
  const { signIn, log } = createTestBff(reply, { provider })
  const before = log.length
  const { status, body } = await signIn(credentials && { credentials })
  return { status, error: body.error, log: log.slice(before).join('\n') }
}

/** Signs in, lets the token expire and refreshes it, with this reply of the token endpoint to the refresh. */
export async function getRefreshRejection(
  provider: ProviderDescription,
  granted: Reply,
  reply: Reply,
): Promise<Rejection> {
  const { signIn, token, endpoint, clock, log } = createTestBff(granted, { provider })
  const lifetime = (await signIn()).body.token?.expires_in ?? 0
  await clock.pass(lifetime + 1)
  endpoint.script(reply)
  const before = log.length
  const { status, body } = await token(1)
  return { status, error: body.error, log: log.slice(before).join('\n') }
}

/** Adds a discovery document to the replies of an issuer's endpoints. */
export function withDiscovery(metadata: Record<string, unknown>, reply: Reply): Reply {
  return (request) =>
    request.url.pathname.endsWith('/.well-known/openid-configuration')
      ? Response.json(metadata)
      : reply(request)
}
