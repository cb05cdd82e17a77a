import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { createClientConfig, parseSite, parseSlug } from './option-values.ts'

/** What {@link keycloak} needs to know. */
export interface KeycloakOptions extends ClientOptions {
  /** The address of the server, for example `https://id.example.com`; with `/auth` behind it before version 17. */
  site: string
  realm: string
  /** What a sign-in asks for; `openid` alone when absent, which brings the user's claims. */
  scope?: string[]
  /**
   * Asks for a one-time code beside the password, which may stay empty. Keycloak never asks for it afterwards: to a
   * missing code it answers as to a wrong password.
   */
  otp?: boolean
}

/**
 * Keycloak, by direct access grants: a realm found by its issuer, and refresh tokens whose end the session shares.
 *
 * Sources: keycloak/keycloak, ResourceOwnerPasswordCredentialsGrantType, ClientIdAndSecretAuthenticator, and
 * ValidateUsername and ValidateOTP of the direct grant flow.
 */
export function keycloak(options: KeycloakOptions): ProviderDescription {
  const { client, grantDefaults, scope } = createClientConfig({
    ...options,
    scope: options.scope ?? ['openid'],
  })
  return {
    id: 'keycloak',
    label: 'Keycloak',
    client,
    login: {
      fields: {
        username: { label: 'Username or email', type: 'text' },
        password: { label: 'Password', type: 'password' },
        ...(options.otp && { otp: { label: 'One-time code', type: 'otp', optional: true } }),
      },
    },
    token: { discovery: `${parseSite('site', options.site)}/realms/${parseSlug('realm', options.realm)}` },
    grants: {
      // The name of old; later versions, which say `otp`, still know it.
      password: { ...grantDefaults, scope, ...(options.otp && { params: { totp: '{otp}' } }) },
      refresh_token: grantDefaults,
    },
    response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
    errors: {
      // "Account disabled" is not here: it comes before the password is looked at, and would tell who has an account.
      map: [
        {
          contains: 'account is not fully set up',
          outcome: 'access_denied',
          hint: 'the user has required actions open, such as a new password or a profile to complete; they are done at a page of Keycloak, or taken off the user in the admin console',
        },
        {
          contains: 'direct access grants',
          outcome: 'configuration_error',
          hint: 'switch on "Direct access grants" in the settings of this client',
        },
        {
          contains: 'requires user consent',
          outcome: 'configuration_error',
          hint: 'switch off "Consent required" in the settings of this client: no page is shown where a user could consent',
        },
        {
          status: 401,
          code: 'unauthorized_client',
          outcome: 'configuration_error',
          hint: 'the server rejected the client id or the client secret. Compare them with the tab "Credentials" of this client',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
