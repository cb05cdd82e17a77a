import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { createClientConfig, parseSite } from './option-values.ts'

/** What {@link doorkeeper} needs to know. */
export interface DoorkeeperOptions extends ClientOptions {
  /** The address that `use_doorkeeper` stands at, without `/oauth`: `https://app.example.com`. */
  site: string
}

/**
 * Doorkeeper, for Rails. What is blank is left out of its answers, so that one without `expires_in` is of a token
 * without an end; `expires_in` is what is left, also of a token issued before (`created_at`).
 *
 * Sources: doorkeeper-gem/doorkeeper, TokenResponse, Expirable, config/locales/en.yml and the comments of its
 * initializer.
 */
export function doorkeeper(options: DoorkeeperOptions): ProviderDescription {
  const { client, grantDefaults, scope } = createClientConfig(options)
  const site = parseSite('site', options.site)
  return {
    id: 'doorkeeper',
    label: 'Doorkeeper',
    client,
    token: { url: `${site}/oauth/token` },
    grants: { password: { ...grantDefaults, scope }, refresh_token: grantDefaults },
    errors: {
      map: [
        {
          code: 'unsupported_grant_type',
          outcome: 'configuration_error',
          hint: 'add "password" to grant_flows in config/initializers/doorkeeper.rb, and describe resource_owner_from_credentials there',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
    revocation: { url: `${site}/oauth/revoke` },
  }
}
