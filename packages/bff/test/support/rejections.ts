import type { ProviderDescription } from '../../src/index.ts'
import { createTestBff } from './browser.ts'
import type { Reply } from './token-endpoint.ts'

/** What came of a request that the authorization server refused. */
export interface Rejection {
  status: number
  error: string | undefined
  /** What whoever runs the BFF reads of it; empty when nothing was written. */
  log: string
}

/** What a page and the log hear when a sign-in gets this reply. */
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

/** What a page and the log hear when, after a sign-in, a refresh of the expired token gets this reply. */
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

/** Puts an issuer's discovery document before the replies of its endpoints. */
export function withDiscovery(metadata: Record<string, unknown>, reply: Reply): Reply {
  return (asked) =>
    asked.url.pathname.endsWith('/.well-known/openid-configuration') ? Response.json(metadata) : reply(asked)
}
