import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { clientOptions, createClientConfig, definePresetOptions, siteOption } from './option-values.ts'

/** The options of {@link djangoOAuthToolkit}. */
export interface DjangoOAuthToolkitOptions extends ClientOptions {
  /** The URL that `oauth2_provider.urls` is included at, for example `https://app.example.com/o`. */
  site: string
}

/** The options of {@link djangoOAuthToolkit}, and how they are checked. */
export const djangoOAuthToolkitOptions = definePresetOptions<DjangoOAuthToolkitOptions>(
  'djangoOAuthToolkit',
  { ...clientOptions.required, site: siteOption },
  clientOptions.optional,
)

/**
 * Describes Django OAuth Toolkit, with an application of the grant type "Resource owner password-based".
 *
 * Sources: django-oauth-toolkit, "Getting started", settings.py, urls.py and oauth2_validators.py; oauthlib for the
 * responses.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   djangoOAuthToolkit({
 *     site: 'https://app.example.com/o',
 *     clientId: 'portal',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     scope: ['read'],
 *   })
 */
export function djangoOAuthToolkit(options: DjangoOAuthToolkitOptions): ProviderDescription {
  const { site, ...clientConfig } = djangoOAuthToolkitOptions.parse(options)
  const { client, grantDefaults, scope } = createClientConfig(clientConfig)
  return {
    id: 'django-oauth-toolkit',
    label: 'Django OAuth Toolkit',
    client,
    // Without the slash at the end Django responds with a redirect.
    token: { url: `${site}/token/` },
    grants: { password: { ...grantDefaults, scope }, refresh_token: grantDefaults },
    errors: {
      map: [
        {
          code: 'unauthorized_client',
          outcome: 'configuration_error',
          hint: 'this application may not use the grant. Give it the authorization grant type "Resource owner password-based"',
        },
        {
          code: 'invalid_client',
          outcome: 'configuration_error',
          hint: 'the server rejected the client id or the client secret. After saving, the admin shows a hash in place of the secret: copy the secret before',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
    revocation: { url: `${site}/revoke_token/` },
  }
}
