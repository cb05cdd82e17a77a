import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { clientOptions, createClientConfig, definePresetOptions, siteOption } from './option-values.ts'

/** The options of {@link laravelPassport}. */
export interface LaravelPassportOptions extends ClientOptions {
  /** The URL of the Laravel application, for example `https://app.example.com`. */
  site: string
}

/** The options of {@link laravelPassport}, and how they are checked. */
export const laravelPassportOptions = definePresetOptions<LaravelPassportOptions>(
  'laravelPassport',
  { ...clientOptions.required, site: siteOption },
  clientOptions.optional,
)

/**
 * Describes Laravel Passport with a password client. Passport has no revocation endpoint: tokens stay valid until they
 * expire.
 *
 * Sources: Laravel, "Passport"; laravel/passport, UPGRADE.md; thephpleague/oauth2-server, OAuthServerException,
 * RefreshTokenGrant and CHANGELOG.md.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   laravelPassport({
 *     site: 'https://app.example.com',
 *     clientId: process.env.CLIENT_ID ?? '',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *   })
 */
export function laravelPassport(options: LaravelPassportOptions): ProviderDescription {
  const { site, ...clientConfig } = laravelPassportOptions.parse(options)
  const { client, grantDefaults, scope } = createClientConfig(clientConfig)
  return {
    id: 'laravel-passport',
    label: 'Laravel Passport',
    client,
    token: { url: `${site}/oauth/token` },
    grants: { password: { ...grantDefaults, scope }, refresh_token: grantDefaults },
    errors: {
      description: ['/error_description', '/message', '/hint'],
      map: [
        // Up to Passport 12; later versions respond with invalid_grant.
        { status: 401, code: 'invalid_request', during: 'refresh', outcome: 'session_ended' },
        {
          code: 'unsupported_grant_type',
          outcome: 'configuration_error',
          hint: 'the password grant is off, as in every new application since Passport 12. Call Passport::enablePasswordGrant() in the boot method of App\\Providers\\AppServiceProvider',
        },
        {
          code: 'invalid_client',
          outcome: 'configuration_error',
          hint: 'the server rejected the client id or the client secret. Use those of a password client (php artisan passport:client --password); Passport shows its secret once',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
