import type { ProviderDescription } from '../provider-description.ts'
import type { ClientOptions } from './client-options.ts'
import { clientFrom } from './client-options.ts'
import { siteFrom } from './option.ts'

/** What {@link fusionAuth} needs to know. */
export interface FusionAuthOptions extends ClientOptions {
  /** The address of the server, for example `https://acme.fusionauth.io`. */
  site: string
  /** What a sign-in asks for: `offline_access` brings a refresh token. */
  scope?: string[]
}

/**
 * FusionAuth. Its token endpoint says that a second factor is due, and takes none: users who have one cannot sign in
 * with this grant.
 *
 * Sources: FusionAuth, "OAuth endpoints" with its section "OAuth Error"; FusionAuth/fusionauth-issues 1704 for the
 * second factor.
 */
export function fusionAuth(options: FusionAuthOptions): ProviderDescription {
  const { client, way, scope } = clientFrom(options)
  return {
    id: 'fusion-auth',
    label: 'FusionAuth',
    client,
    login: {
      fields: {
        username: { label: 'Email or username', type: 'text' },
        password: { label: 'Password', type: 'password' },
      },
    },
    token: { url: `${siteFrom('site', options.site)}/oauth2/token` },
    grants: { password: { ...way, scope }, refresh_token: way },
    response: { extras: ['userId'] },
    errors: {
      // The reason is a code as well, and more precise.
      description: ['/error_description', '/error_reason'],
      map: [
        {
          code: 'change_password_required',
          as: 'forbidden',
          hint: 'the user has to change the password first, at a page of FusionAuth',
        },
        {
          code: 'two_factor_required',
          as: 'forbidden',
          hint: 'the user has a second factor, which the token endpoint of FusionAuth does not take; use the authorization code flow for such users',
        },
        {
          contains: 'grant_type_disabled',
          as: 'config',
          hint: 'enable the grant "Password", and "Refresh Token", in the OAuth settings of this application',
        },
        { contains: 'refresh_token_not_found', on: 'refresh', as: 'session_ended' },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
