import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { createClientConfig, parseSite } from './option-values.ts'

/** What {@link fusionAuth} needs to know. */
export interface FusionAuthOptions extends ClientOptions {
  /** The address of the server, for example `https://acme.fusionauth.io`. */
  site: string
  /** What a sign-in asks for: `offline_access` brings a refresh token. */
  scope?: string[]
}

/**
 * FusionAuth. Its token endpoint says that a second factor is due, and another of its APIs takes the code of an
 * authenticator app; codes that have to be sent first, by mail or message, are not asked for.
 *
 * Sources: FusionAuth, "OAuth endpoints" with its section "OAuth Error", "Complete Multi-Factor Login";
 * FusionAuth/fusionauth-issues 1704.
 */
export function fusionAuth(options: FusionAuthOptions): ProviderDescription {
  const { client, grantDefaults, scope } = createClientConfig(options)
  const site = parseSite('site', options.site)
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
    token: { url: `${site}/oauth2/token` },
    grants: {
      password: { ...grantDefaults, scope },
      refresh_token: grantDefaults,
      'two-factor': {
        omitStandardParams: true,
        url: `${site}/api/two-factor/login`,
        encoding: 'json',
        clientAuth: 'none',
        params: { code: '{otp}', applicationId: client.id },
        response: {
          fields: { access_token: '/token', refresh_token: '/refreshToken' },
          defaultTokenType: 'Bearer',
          expiry: [{ from: '/tokenExpirationInstant', as: 'epoch-ms' }, 'jwt-exp'],
        },
      },
    },
    response: { extraUserFields: ['userId'] },
    errors: {
      // The reason is a code as well, and more precise.
      description: ['/error_description', '/error_reason'],
      map: [
        {
          code: 'change_password_required',
          outcome: 'access_denied',
          hint: 'the user has to change the password first, at a page of FusionAuth',
        },
        // What the API for the second factor answers to a wrong code.
        { status: 421, outcome: 'invalid_credentials' },
        {
          contains: 'grant_type_disabled',
          outcome: 'configuration_error',
          hint: 'enable the grant "Password", and "Refresh Token", in the OAuth settings of this application',
        },
        { contains: 'refresh_token_not_found', during: 'refresh', outcome: 'session_ended' },
      ],
      challenges: [
        {
          when: { code: 'two_factor_required' },
          fields: { otp: { label: 'Code of your authenticator app', type: 'otp' } },
          forward: { twoFactorId: '/two_factor_id' },
          grant: 'two-factor',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
