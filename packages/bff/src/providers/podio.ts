import type { ProviderDescription } from '../description/provider-description.ts'
import { trimOption } from './option-values.ts'

/** What {@link podio} needs to know. */
export interface PodioOptions {
  clientId: string
  clientSecret: string
  /** The address registered with the API key, where Podio asks for it. */
  redirectUri?: string
}

/**
 * Podio, for API keys that are trusted with passwords: JSON in, a scheme of its own for the token, 420 for a limit.
 *
 * Sources: developers.podio.com, "Username and password flow" and "Get access token"; podio/podio-py for the scheme,
 * podio/podio-php for 420.
 */
export function podio({ clientId, clientSecret, redirectUri }: PodioOptions): ProviderDescription {
  const authMethod = { encoding: 'json' as const, clientAuth: 'post' as const }
  return {
    id: 'podio',
    label: 'Podio',
    client: { id: trimOption(clientId), secret: trimOption(clientSecret) },
    token: { url: 'https://api.podio.com/oauth/token/v2' },
    grants: {
      password: {
        ...authMethod,
        ...(redirectUri !== undefined && { params: { redirect_uri: trimOption(redirectUri) } }),
      },
      refresh_token: authMethod,
    },
    response: { user: '/ref' },
    errors: {
      description: ['/error_detail'],
      map: [
        { status: 420, outcome: 'rate_limited' },
        {
          contains: 'oauth.client.',
          outcome: 'configuration_error',
          hint: 'the API key or its secret is refused; is the key trusted with the password grant?',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
    resource: { baseUrls: ['https://api.podio.com/'], tokenPlacement: { scheme: 'OAuth2' } },
  }
}
