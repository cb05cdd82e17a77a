import {
  allowInsecureRequests,
  clockSkew,
  clockTolerance,
  customFetch,
  getValidatedIdTokenClaims,
  processGenericTokenEndpointResponse,
  validateApplicationLevelSignature,
} from 'oauth4webapi'
import type { AuthorizationServer as Metadata } from 'oauth4webapi'
import { isWithinDepth } from '../json.ts'
import { decodeJwtPayload } from '../jwt.ts'
import type { Platform } from '../platform.ts'
import type { HttpClient } from './http-client.ts'

/** Claims about the token, not about the user. */
const protocolClaims = 'iss aud exp iat nbf jti nonce azp acr amr at_hash c_hash s_hash auth_time sid'.split(
  ' ',
)

/** Seconds by which the clocks of two machines may differ. */
const clockToleranceSeconds = 60

/**
 * Validates an ID Token's issuer, audience, lifetime and signature (OpenID Connect Core §3.1.3.7) and returns the
 * claims about the user; `null` when the token is not valid. The reason is dropped, because the library's errors
 * contain the token.
 *
 * @param clientId the audience that the token must have; without a client, any audience is accepted
 */
export async function validateIdTokenClaims(
  idToken: string,
  metadata: Metadata,
  clientId: string | undefined,
  httpClient: HttpClient,
  platform: Platform,
): Promise<Record<string, unknown> | null> {
  const response = Response.json({ access_token: 'unused', token_type: 'bearer', id_token: idToken })
  const client = {
    client_id: clientId ?? getAudience(idToken),
    [clockSkew]: Math.round((platform.now() - Date.now()) / 1000),
    [clockTolerance]: clockToleranceSeconds,
  }
  try {
    const claims = getValidatedIdTokenClaims(
      await processGenericTokenEndpointResponse(metadata, client, response),
    )
    await validateApplicationLevelSignature(metadata, response, {
      [allowInsecureRequests]: true,
      [customFetch]: async (url) => {
        const keys = await httpClient.send(url, { headers: { Accept: 'application/json' } })
        return 'hint' in keys
          ? new Response(null, { status: 503 })
          : new Response(keys.text, {
              status: keys.status,
              headers: { 'Content-Type': 'application/json' },
            })
      },
    })
    const userClaims = Object.entries(claims ?? {}).filter(([name]) => !protocolClaims.includes(name))
    return isWithinDepth(userClaims) ? Object.fromEntries(userClaims) : null
  } catch {
    return null
  }
}

function getAudience(idToken: string): string {
  const audience: unknown = [decodeJwtPayload(idToken)['aud']].flat()[0]
  return typeof audience === 'string' && audience !== '' ? audience : 'unknown'
}
