import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { createClientConfig, parseHost, trimOption } from './option-values.ts'

/** What {@link auth0} needs to know. */
export interface Auth0Options extends ClientOptions {
  /** The domain of the tenant, for example `acme.eu.auth0.com`, or a custom one. */
  domain: string
  /** The identifier of the API that the token is for; the tenant's default audience when absent. */
  audience?: string
  /** The connection that holds the users; the tenant's default directory when absent. */
  realm?: string
  /**
   * What a sign-in asks for: `openid` and `profile` bring the user's claims, `offline_access` a refresh token. More may
   * be granted than was asked for.
   */
  scope?: string[]
}

/**
 * Auth0, by the resource owner password grant; where a tenant demands a second factor, with the one-time code of an
 * authenticator app. Other factors need pages of Auth0.
 *
 * Sources: Auth0, "Resource Owner Password Flow", "Authenticate Using the Resource Owner Password Flow with MFA",
 * "Verify with one-time password (OTP)"; auth0/Auth0.Android, AuthenticationException, for its error codes.
 */
export function auth0(options: Auth0Options): ProviderDescription {
  const { client, grantDefaults, scope } = createClientConfig(options)
  const site = `https://${parseHost('domain', options.domain)}/`
  const realm = trimOption(options.realm)
  const audience = trimOption(options.audience)
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
    // The slash belongs to the issuer.
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
          hint: 'brute-force protection has blocked this account; it counts by address, which is the address of this server for everybody',
        },
        {
          code: 'unauthorized',
          outcome: 'access_denied',
          hint: 'the user is blocked, or a rule of the tenant refuses this sign-in',
        },
        {
          code: 'access_denied',
          outcome: 'access_denied',
          hint: 'an action of the tenant refuses this sign-in',
        },
        {
          code: 'password_leaked',
          outcome: 'access_denied',
          hint: 'breached password detection blocks this user until the password is changed',
        },
        {
          code: 'requires_verification',
          outcome: 'configuration_error',
          hint: 'bot detection asks for a CAPTCHA, which this grant cannot show; let the address of this server pass (Security, Attack Protection)',
        },
        {
          contains: 'not configured with default connection',
          outcome: 'configuration_error',
          hint: 'give the option realm, or set the default directory of the tenant (Settings, API Authorization Settings)',
        },
        {
          code: 'unauthorized_client',
          outcome: 'configuration_error',
          hint: 'allow the grants "Password", and "MFA" where it is demanded, for this application (Advanced Settings, Grant Types)',
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
