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
import { isShallow } from '../json.ts'
import { decodeJwtPayload } from '../jwt.ts'
import type { Platform } from '../platform.ts'
import type { Upstream } from './http-client.ts'

/** Claims about the token, not about the user. */
const ofTheToken = 'iss aud exp iat nbf jti nonce azp acr amr at_hash c_hash s_hash auth_time sid'.split(' ')

/** Seconds by which the clocks of two machines may differ. */
const tolerated = 60

/**
 * What an ID Token says of the user, once its issuer, audience, time and signature are found good (OpenID Connect Core
 * §3.1.3.7); `null` when they are not. Why not is not told on: the library's errors hold the token.
 *
 * @param clientId the audience it must have; without a client of our own, whichever it names
 */
export async function claimsFrom(
  idToken: string,
  metadata: Metadata,
  clientId: string | undefined,
  upstream: Upstream,
  platform: Platform,
): Promise<Record<string, unknown> | null> {
  const answer = Response.json({ access_token: 'unused', token_type: 'bearer', id_token: idToken })
  const client = {
    client_id: clientId ?? audienceOf(idToken),
    [clockSkew]: Math.round((platform.now() - Date.now()) / 1000),
    [clockTolerance]: tolerated,
  }
  try {
    const claims = getValidatedIdTokenClaims(
      await processGenericTokenEndpointResponse(metadata, client, answer),
    )
    await validateApplicationLevelSignature(metadata, answer, {
      [allowInsecureRequests]: true,
      [customFetch]: async (url) => {
        const keys = await upstream.send(url, { headers: { Accept: 'application/json' } })
        return 'why' in keys
          ? new Response(null, { status: 503 })
          : new Response(keys.text, {
              status: keys.status,
              headers: { 'Content-Type': 'application/json' },
            })
      },
    })
    const ofTheUser = Object.entries(claims ?? {}).filter(([name]) => !ofTheToken.includes(name))
    return isShallow(ofTheUser) ? Object.fromEntries(ofTheUser) : null
  } catch {
    return null
  }
}

function audienceOf(idToken: string): string {
  const audience: unknown = [decodeJwtPayload(idToken)['aud']].flat()[0]
  return typeof audience === 'string' && audience !== '' ? audience : 'unknown'
}
