import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { createClientConfig, parseSite } from './option-values.ts'

/** What {@link djangoOAuthToolkit} needs to know. */
export interface DjangoOAuthToolkitOptions extends ClientOptions {
  /** Where `oauth2_provider.urls` is included, for example `https://app.example.com/o`. */
  site: string
}

/**
 * Django OAuth Toolkit, with an application of the grant type "Resource owner password-based".
 *
 * Sources: django-oauth-toolkit, "Getting started", settings.py, urls.py and oauth2_validators.py; oauthlib for the
 * answers.
 */
export function djangoOAuthToolkit(options: DjangoOAuthToolkitOptions): ProviderDescription {
  const { client, grantDefaults, scope } = createClientConfig(options)
  const site = parseSite('site', options.site)
  return {
    id: 'django-oauth-toolkit',
    label: 'Django OAuth Toolkit',
    client,
    // Without the slash at the end Django answers with a redirect.
    token: { url: `${site}/token/` },
    grants: { password: { ...grantDefaults, scope }, refresh_token: grantDefaults },
    errors: {
      map: [
        {
          code: 'unauthorized_client',
          outcome: 'configuration_error',
          hint: 'give this application the authorization grant type "Resource owner password-based"',
        },
        {
          code: 'invalid_client',
          outcome: 'configuration_error',
          hint: 'the client id or the client secret is refused; a secret copied from the admin after saving is its hash, which is not what is asked for',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
    revocation: { url: `${site}/revoke_token/` },
  }
}
