import { allowInsecureRequests, customFetch, revocationRequest } from 'oauth4webapi'
import { createTokenHeaders } from './token-headers.ts'
import { createClientAuthentication } from './client-authentication.ts'
import type { Endpoints } from './discovery.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import { getRetryAfterSeconds } from './retry-after.ts'
import type { HttpClient, HttpResponse, UpstreamFailure } from './http-client.ts'

/** What a session holds, and a sign-out gives back. */
export interface RevocableTokens {
  accessToken: string
  refreshToken: string | null
}

/** Seconds that a sign-out waits at most to try once more. */
const maxRetryWaitSeconds = 10

/**
 * Gives the refresh token back, and what it brought with it; the access token where there is no other. Asks a server
 * that is busy once more when it says when (RFC 7009 §2.2.1). Never throws: a sign-out is done without it.
 */
export function createTokenRevoker(
  provider: Provider,
  resolveEndpoints: () => Promise<Endpoints>,
  httpClient: HttpClient,
  platform: Platform,
  logger: Logger,
): (tokens: RevocableTokens) => Promise<void> {
  const { client } = provider
  const grant = getGrant(
    provider,
    provider.refresh.mode === 'refresh_token' ? 'refresh_token' : provider.signInGrant,
  )

  return async (tokens) => {
    try {
      const { revocation } = await resolveEndpoints()
      if (revocation === null) return
      let response = await sendRevocation(revocation, tokens)
      const wait =
        'hint' in response || response.status !== 503
          ? null
          : getRetryAfterSeconds(response, provider.resource)
      if (wait !== null && wait <= maxRetryWaitSeconds) {
        await platform.sleep(wait * 1000)
        response = await sendRevocation(revocation, tokens)
      }
      const fault =
        'hint' in response ? response.hint : response.status >= 300 ? `it answered ${response.status}` : null
      if (fault !== null)
        logger.warn(`A token could not be given back to the revocation endpoint, and is still good: ${fault}`)
    } catch (error) {
      logger.warn(`A token could not be given back: ${describeError(error)}`)
    }
  }

  async function sendRevocation(
    url: string,
    { accessToken, refreshToken }: RevocableTokens,
  ): Promise<HttpResponse | UpstreamFailure> {
    if (provider.revocation?.auth === 'bearer')
      return httpClient.send(url, {
        method: 'POST',
        headers: createTokenHeaders(provider.resource.tokenPlacement, accessToken),
      })
    const { id = 'unknown' } = client ?? {}
    let answered: HttpResponse | UpstreamFailure | undefined
    await revocationRequest(
      { issuer: url, revocation_endpoint: url },
      { client_id: id },
      (_server, _client, body, headers) => {
        const { clientAuth } = grant
        const authMethod = { ...grant, clientAuth: clientAuth === 'query' ? ('post' as const) : clientAuth }
        const { headers: own, parameters } = createClientAuthentication(authMethod, client)
        for (const [name, value] of Object.entries(own)) headers.set(name, value)
        for (const [name, value] of Object.entries(parameters)) body.set(name, value)
      },
      refreshToken ?? accessToken,
      {
        additionalParameters: { token_type_hint: refreshToken === null ? 'access_token' : 'refresh_token' },
        [allowInsecureRequests]: true,
        [customFetch]: async (address, { method, headers, body }) => {
          answered = await httpClient.send(address, { method, headers, body: body.toString() })
          return new Response(null)
        },
      },
    )
    return answered ?? { wasSent: false, hint: 'nothing was asked' }
  }
}
