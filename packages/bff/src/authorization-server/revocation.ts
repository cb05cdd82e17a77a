import { allowInsecureRequests, customFetch, revocationRequest } from 'oauth4webapi'
import type { ClientReader } from './client-reader.ts'
import { createTokenHeaders } from './token-headers.ts'
import { createClientAuthentication } from './client-authentication.ts'
import type { Endpoints } from './discovery.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Client, Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import { getRetryAfterSeconds } from './retry-after.ts'
import type { HttpClient, HttpResponse, UpstreamFailure } from './http-client.ts'

/** The tokens of a session, which a sign-out revokes. */
export interface RevocableTokens {
  accessToken: string
  refreshToken: string | null
}

/** The options of {@link createTokenRevoker}. */
export interface TokenRevokerOptions {
  provider: Provider
  resolveEndpoints: () => Promise<Endpoints>
  httpClient: HttpClient
  clientReader: ClientReader
  platform: Platform
  logger: Logger
}

/** The longest `Retry-After` that revocation waits for. */
const maxRetryWaitSeconds = 10

/**
 * Creates a function that revokes a session's refresh token, or its access token when there is no refresh token (RFC
 * 7009). After a 503 with `Retry-After` it tries once more (§2.2.1). It never throws: a sign-out succeeds without it.
 */
export function createTokenRevoker(options: TokenRevokerOptions): (tokens: RevocableTokens) => Promise<void> {
  const { provider, resolveEndpoints, httpClient, clientReader, platform, logger } = options
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
      if ('hint' in response) warnOfFailure(response.hint)
      else if (response.status >= 300)
        warnOfFailure(`the revocation endpoint responded with ${response.status}`)
    } catch (error) {
      warnOfFailure(describeError(error))
    }
  }

  function warnOfFailure(reason: string): void {
    logger.warn(`Token revocation failed: ${reason}. The token stays valid until it expires.`)
  }

  function sendRevocation(url: string, tokens: RevocableTokens): Promise<HttpResponse | UpstreamFailure> {
    if (provider.revocation?.auth === 'bearer')
      return httpClient.send(url, {
        method: 'POST',
        headers: createTokenHeaders(provider.resource.tokenPlacement, tokens.accessToken),
      })
    return clientReader.sendAsClient((client) => sendAuthenticatedRevocation(url, tokens, client))
  }

  async function sendAuthenticatedRevocation(
    url: string,
    { accessToken, refreshToken }: RevocableTokens,
    client: Client | undefined,
  ): Promise<HttpResponse | UpstreamFailure> {
    const { id = 'unknown' } = client ?? {}
    let received: HttpResponse | UpstreamFailure | undefined
    await revocationRequest(
      { issuer: url, revocation_endpoint: url },
      { client_id: id },
      (_server, _client, body, headers) => {
        const { clientAuth } = grant
        const authMethod = { ...grant, clientAuth: clientAuth === 'query' ? ('post' as const) : clientAuth }
        const authentication = createClientAuthentication(authMethod, client)
        for (const [name, value] of Object.entries(authentication.headers)) headers.set(name, value)
        for (const [name, value] of Object.entries(authentication.parameters)) body.set(name, value)
      },
      refreshToken ?? accessToken,
      {
        additionalParameters: { token_type_hint: refreshToken === null ? 'access_token' : 'refresh_token' },
        [allowInsecureRequests]: true,
        [customFetch]: async (requestUrl, { method, headers, body }) => {
          received = await httpClient.send(requestUrl, { method, headers, body: body.toString() })
          return new Response(null)
        },
      },
    )
    return received ?? { wasSent: false, hint: 'no request was sent' }
  }
}
