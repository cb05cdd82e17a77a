import { allowInsecureRequests, customFetch, revocationRequest } from 'oauth4webapi'
import { attachedToken } from './token-headers.ts'
import { clientAuthentication } from './client-authentication.ts'
import type { Endpoints } from './discovery.ts'
import type { Logger } from '../log.ts'
import { told } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import { grantNamed } from '../description/provider-description.ts'
import { waitFrom } from './retry-after.ts'
import type { Upstream, UpstreamAnswer, UpstreamFailure } from './http-client.ts'

/** What a session holds, and a sign-out gives back. */
export interface Tokens {
  accessToken: string
  refreshToken: string | null
}

/** Seconds that a sign-out waits at most to try once more. */
const longestWait = 10

/**
 * Gives the refresh token back, and what it brought with it; the access token where there is no other. Asks a server
 * that is busy once more when it says when (RFC 7009 §2.2.1). Never throws: a sign-out is done without it.
 */
export function createRevocation(
  provider: Provider,
  endpoints: () => Promise<Endpoints>,
  upstream: Upstream,
  platform: Platform,
  logger: Logger,
): (tokens: Tokens) => Promise<void> {
  const { client } = provider
  const grant = grantNamed(
    provider,
    provider.refresh.mode === 'refresh_token' ? 'refresh_token' : provider.primary,
  )

  return async (tokens) => {
    try {
      const { revocation } = await endpoints()
      if (revocation === null) return
      let answer = await ask(revocation, tokens)
      const wait = 'why' in answer || answer.status !== 503 ? null : waitFrom(answer, provider.resource)
      if (wait !== null && wait <= longestWait) {
        await platform.sleep(wait * 1000)
        answer = await ask(revocation, tokens)
      }
      const fault =
        'why' in answer ? answer.why : answer.status >= 300 ? `it answered ${answer.status}` : null
      if (fault !== null)
        logger.warn(`A token could not be given back to the revocation endpoint, and is still good: ${fault}`)
    } catch (error) {
      logger.warn(`A token could not be given back: ${told(error)}`)
    }
  }

  async function ask(
    url: string,
    { accessToken, refreshToken }: Tokens,
  ): Promise<UpstreamAnswer | UpstreamFailure> {
    if (provider.revocation?.auth === 'bearer')
      return upstream.send(url, {
        method: 'POST',
        headers: attachedToken(provider.resource.attach, accessToken),
      })
    const { id = 'unknown' } = client ?? {}
    let answered: UpstreamAnswer | UpstreamFailure | undefined
    await revocationRequest(
      { issuer: url, revocation_endpoint: url },
      { client_id: id },
      (_server, _client, body, headers) => {
        const { clientAuth } = grant
        const way = { ...grant, clientAuth: clientAuth === 'query' ? ('body' as const) : clientAuth }
        const { headers: own, parameters } = clientAuthentication(way, client)
        for (const [name, value] of Object.entries(own)) headers.set(name, value)
        for (const [name, value] of Object.entries(parameters)) body.set(name, value)
      },
      refreshToken ?? accessToken,
      {
        additionalParameters: { token_type_hint: refreshToken === null ? 'access_token' : 'refresh_token' },
        [allowInsecureRequests]: true,
        [customFetch]: async (address, { method, headers, body }) => {
          answered = await upstream.send(address, { method, headers, body: body.toString() })
          return new Response(null)
        },
      },
    )
    return answered ?? { sent: false, why: 'nothing was asked' }
  }
}
