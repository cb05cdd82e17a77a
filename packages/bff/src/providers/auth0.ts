import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import {
  clientOptions,
  createClientConfig,
  definePresetOptions,
  hostOption,
  textOption,
} from './option-values.ts'

/** The options of {@link auth0}. */
export interface Auth0Options extends ClientOptions {
  /** The domain of the tenant, for example `acme.eu.auth0.com`, or a custom domain. */
  domain: string
  /** The identifier of the API that the token is for; the tenant's default audience when absent. */
  audience?: string
  /** The connection that contains the users; the tenant's default directory when absent. */
  realm?: string
  /**
   * The scope that a sign-in requests; none when absent. `openid` and `profile` return the user's claims,
   * `offline_access` a refresh token. Auth0 may grant more than was requested.
   */
  scope?: string[]
}

/** The options of {@link auth0}, and how they are checked. */
export const auth0Options = definePresetOptions<Auth0Options>(
  'auth0',
  { ...clientOptions.required, domain: hostOption },
  { ...clientOptions.optional, audience: textOption, realm: textOption },
)

/**
 * Describes Auth0 by the resource owner password grant. Where the tenant requires a second factor, users enter the
 * one-time code of an authenticator app; other factors need Auth0's pages.
 *
 * Sources: Auth0, "Resource Owner Password Flow", "Authenticate Using the Resource Owner Password Flow with MFA",
 * "Verify with one-time password (OTP)"; auth0/Auth0.Android, AuthenticationException, for its error codes.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   auth0({
 *     domain: 'acme.eu.auth0.com',
 *     clientId: 'portal',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     scope: ['openid', 'profile', 'offline_access'],
 *   })
 */
export function auth0(options: Auth0Options): ProviderDescription {
  const { domain, realm, audience, ...clientConfig } = auth0Options.parse(options)
  const { client, grantDefaults, scope } = createClientConfig(clientConfig)
  const site = `https://${domain}/`
  return {
    id: 'auth0',
    label: 'Auth0',
    client,
    login: {
      fields: {
        username: { label: 'Email', type: 'text' },
        password: { label: 'Password', type: 'password' },
      },
    },
    // The slash is part of the issuer.
    token: { discovery: site, fallbackUrl: `${site}oauth/token` },
    grants: {
      password: {
        ...grantDefaults,
        scope,
        ...(realm !== undefined && { grantType: 'http://auth0.com/oauth/grant-type/password-realm' }),
        params: { ...(audience !== undefined && { audience }), ...(realm !== undefined && { realm }) },
      },
      'mfa-otp': { ...grantDefaults, grantType: 'http://auth0.com/oauth/grant-type/mfa-otp' },
      refresh_token: grantDefaults,
    },
    errors: {
      map: [
        {
          code: 'too_many_attempts',
          outcome: 'rate_limited',
          hint: 'brute-force protection has blocked this account. It counts by address, which is the address of this server for all users',
        },
        {
          code: 'unauthorized',
          outcome: 'access_denied',
          hint: 'the user is blocked, or a rule of the tenant rejected this sign-in',
        },
        {
          code: 'access_denied',
          outcome: 'access_denied',
          hint: 'an action of the tenant rejected this sign-in',
        },
        {
          code: 'password_leaked',
          outcome: 'access_denied',
          hint: 'breached password detection blocks this user until the password is changed',
        },
        {
          code: 'requires_verification',
          outcome: 'configuration_error',
          hint: 'bot detection requires a CAPTCHA, which this grant cannot show. Add the address of this server to its allow-list (Security, Attack Protection)',
        },
        {
          contains: 'not configured with default connection',
          outcome: 'configuration_error',
          hint: 'the tenant has no default directory. Set the option realm, or the default directory (Settings, API Authorization Settings)',
        },
        {
          code: 'unauthorized_client',
          outcome: 'configuration_error',
          hint: 'this application may not use the grant. Enable the grant types "Password" and, for a second factor, "MFA" (Advanced Settings, Grant Types)',
        },
      ],
      challenges: [
        {
          when: { code: 'mfa_required' },
          fields: { otp: { label: 'One-time code', type: 'otp' } },
          forward: { mfa_token: '/mfa_token' },
          grant: 'mfa-otp',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
