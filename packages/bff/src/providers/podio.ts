import type { ProviderDescription } from '../description/provider-description.ts'
import { definePresetOptions, secretOption, textOption } from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link podio}. */
export interface PodioOptions {
  /** The client id of the API key. */
  clientId: string
  /** The client secret of the API key. */
  clientSecret: Secret
  /** The URL that is registered with the API key, if Podio requires it; not sent when absent. */
  redirectUri?: string
}

/** The options of {@link podio}, and how they are checked. */
export const podioOptions = definePresetOptions<PodioOptions>(
  'podio',
  { clientId: textOption, clientSecret: secretOption },
  { redirectUri: textOption },
)

/**
 * Describes Podio, for API keys that may use the password grant. Requests are JSON, the scheme of a token is `OAuth2`,
 * and the status of a rate limit is 420.
 *
 * Sources: developers.podio.com, "Username and password flow" and "Get access token"; podio/podio-py for the scheme,
 * podio/podio-php for 420.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   podio({ clientId: process.env.CLIENT_ID ?? '', clientSecret: process.env.CLIENT_SECRET ?? '' })
 */
export function podio(options: PodioOptions): ProviderDescription {
  const { clientId, clientSecret, redirectUri } = podioOptions.parse(options)
  const authMethod = { encoding: 'json' as const, clientAuth: 'post' as const }
  return {
    id: 'podio',
    label: 'Podio',
    client: { id: clientId, secret: clientSecret },
    token: { url: 'https://api.podio.com/oauth/token/v2' },
    grants: {
      password: {
        ...authMethod,
        ...(redirectUri !== undefined && { params: { redirect_uri: redirectUri } }),
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
          hint: 'Podio rejected the API key or its secret. Check them, and that the key may use the password grant',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
    resource: { baseUrls: ['https://api.podio.com/'], tokenPlacement: { scheme: 'OAuth2' } },
  }
}
