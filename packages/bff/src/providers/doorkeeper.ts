import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { clientOptions, createClientConfig, definePresetOptions, siteOption } from './option-values.ts'

/** The options of {@link doorkeeper}. */
export interface DoorkeeperOptions extends ClientOptions {
  /** The URL that `use_doorkeeper` is mounted at, without `/oauth`: `https://app.example.com`. */
  site: string
}

/** The options of {@link doorkeeper}, and how they are checked. */
export const doorkeeperOptions = definePresetOptions<DoorkeeperOptions>(
  'doorkeeper',
  { ...clientOptions.required, site: siteOption },
  clientOptions.optional,
)

/**
 * Describes Doorkeeper, for Rails. Its responses omit blank members: a token without `expires_in` does not expire. The
 * seconds in `expires_in` are those left, also for a token that was issued earlier (`created_at`).
 *
 * Sources: doorkeeper-gem/doorkeeper, TokenResponse, Expirable, config/locales/en.yml and the comments of its
 * initializer.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   doorkeeper({
 *     site: 'https://app.example.com',
 *     clientId: 'portal',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     scope: ['public'],
 *   })
 */
export function doorkeeper(options: DoorkeeperOptions): ProviderDescription {
  const { site, ...clientConfig } = doorkeeperOptions.parse(options)
  const { client, grantDefaults, scope } = createClientConfig(clientConfig)
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
          during: 'sign-in',
          outcome: 'configuration_error',
          hint: 'the password grant is off. Add "password" to grant_flows and define resource_owner_from_credentials in config/initializers/doorkeeper.rb',
        },
        {
          code: 'unsupported_grant_type',
          during: 'refresh',
          outcome: 'configuration_error',
          hint: 'refresh tokens are off. Add use_refresh_token to config/initializers/doorkeeper.rb',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
    revocation: { url: `${site}/oauth/revoke` },
  }
}
