import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { createClientConfig, parseSite } from './option-values.ts'

/** What {@link laravelPassport} needs to know. */
export interface LaravelPassportOptions extends ClientOptions {
  /** The address of the Laravel application, for example `https://app.example.com`. */
  site: string
}

/**
 * Laravel Passport, with a password client. Passport has no revocation endpoint: what was issued lives until its end.
 *
 * Sources: Laravel, "Passport"; laravel/passport, UPGRADE.md; thephpleague/oauth2-server, OAuthServerException,
 * RefreshTokenGrant and CHANGELOG.md.
 */
export function laravelPassport(options: LaravelPassportOptions): ProviderDescription {
  const { client, grantDefaults, scope } = createClientConfig(options)
  return {
    id: 'laravel-passport',
    label: 'Laravel Passport',
    client,
    token: { url: `${parseSite('site', options.site)}/oauth/token` },
    grants: { password: { ...grantDefaults, scope }, refresh_token: grantDefaults },
    errors: {
      description: ['/error_description', '/message', '/hint'],
      map: [
        // Passport 12 and older; since then this is invalid_grant.
        { status: 401, code: 'invalid_request', during: 'refresh', outcome: 'session_ended' },
        {
          code: 'unsupported_grant_type',
          outcome: 'configuration_error',
          hint: 'the password grant is off since Passport 12: call Passport::enablePasswordGrant() in the boot method of App\\Providers\\AppServiceProvider',
        },
        {
          code: 'invalid_client',
          outcome: 'configuration_error',
          hint: 'the client id or the client secret is refused; they must be those of a password client (php artisan passport:client --password), whose secret Passport shows once and keeps as a hash',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
