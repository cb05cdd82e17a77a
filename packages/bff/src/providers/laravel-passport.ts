import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { clientFrom, siteFrom } from './option-values.ts'

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
  const { client, way, scope } = clientFrom(options)
  return {
    id: 'laravel-passport',
    label: 'Laravel Passport',
    client,
    token: { url: `${siteFrom('site', options.site)}/oauth/token` },
    grants: { password: { ...way, scope }, refresh_token: way },
    errors: {
      description: ['/error_description', '/message', '/hint'],
      map: [
        // Passport 12 and older; since then this is invalid_grant.
        { status: 401, code: 'invalid_request', on: 'refresh', as: 'session_ended' },
        {
          code: 'unsupported_grant_type',
          as: 'config',
          hint: 'the password grant is off since Passport 12: call Passport::enablePasswordGrant() in the boot method of App\\Providers\\AppServiceProvider',
        },
        {
          code: 'invalid_client',
          as: 'config',
          hint: 'the client id or the client secret is refused; they must be those of a password client (php artisan passport:client --password), whose secret Passport shows once and keeps as a hash',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
