import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { clientOptions, createClientConfig, definePresetOptions, siteOption } from './option-values.ts'

/** The options of {@link fusionAuth}. */
export interface FusionAuthOptions extends ClientOptions {
  /** The URL of the server, for example `https://acme.fusionauth.io`. */
  site: string
  /** The scope that a sign-in requests; none when absent. `offline_access` returns a refresh token. */
  scope?: string[]
}

/** The options of {@link fusionAuth}, and how they are checked. */
export const fusionAuthOptions = definePresetOptions<FusionAuthOptions>(
  'fusionAuth',
  { ...clientOptions.required, site: siteOption },
  clientOptions.optional,
)

/**
 * Describes FusionAuth. Its second factor is supported with the code of an authenticator app, not with codes that
 * FusionAuth sends by mail or message.
 *
 * Sources: FusionAuth, "OAuth endpoints" with its section "OAuth Error", "Complete Multi-Factor Login";
 * FusionAuth/fusionauth-issues 1704.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   fusionAuth({
 *     site: 'https://acme.fusionauth.io',
 *     clientId: 'portal',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     scope: ['offline_access'],
 *   })
 */
export function fusionAuth(options: FusionAuthOptions): ProviderDescription {
  const { site, ...clientConfig } = fusionAuthOptions.parse(options)
  const { client, grantDefaults, scope } = createClientConfig(clientConfig)
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
      // The reason is a code too, and more precise.
      description: ['/error_description', '/error_reason'],
      map: [
        {
          code: 'change_password_required',
          outcome: 'access_denied',
          hint: "the user must change the password first, on FusionAuth's pages",
        },
        // The API of the second factor responds with 421 to a wrong code.
        { status: 421, outcome: 'invalid_credentials' },
        {
          contains: 'grant_type_disabled',
          outcome: 'configuration_error',
          hint: 'this application may not use the grant. Enable the grants "Password" and "Refresh Token" in its OAuth settings',
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
