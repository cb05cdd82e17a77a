import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import {
  clientOptions,
  createClientConfig,
  definePresetOptions,
  flagOption,
  siteOption,
  slugOption,
} from './option-values.ts'

/** The options of {@link keycloak}. */
export interface KeycloakOptions extends ClientOptions {
  /** The URL of the server, for example `https://id.example.com`; before version 17 with `/auth` at its end. */
  site: string
  /** The name of the realm. */
  realm: string
  /** The scope that a sign-in requests; `['openid']` when absent, which returns the user's claims. */
  scope?: string[]
  /**
   * Adds a field for a one-time code, which users may leave empty; `false` when absent. Keycloak does not ask for a
   * missing code: it responds as to a wrong password.
   */
  otp?: boolean
}

/** The options of {@link keycloak}, and how they are checked. */
export const keycloakOptions = definePresetOptions<KeycloakOptions>(
  'keycloak',
  { ...clientOptions.required, site: siteOption, realm: slugOption },
  { ...clientOptions.optional, otp: flagOption },
)

/**
 * Describes Keycloak by direct access grants. The realm is found by discovery, and a session ends with its refresh
 * token.
 *
 * Sources: keycloak/keycloak, ResourceOwnerPasswordCredentialsGrantType, ClientIdAndSecretAuthenticator, and
 * ValidateUsername and ValidateOTP of the direct grant flow.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   keycloak({
 *     site: 'https://id.example.com',
 *     realm: 'acme',
 *     clientId: 'portal',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *   })
 */
export function keycloak(options: KeycloakOptions): ProviderDescription {
  const { site, realm, otp = false, ...clientConfig } = keycloakOptions.parse(options)
  const { client, grantDefaults, scope } = createClientConfig({ scope: ['openid'], ...clientConfig })
  return {
    id: 'keycloak',
    label: 'Keycloak',
    client,
    login: {
      fields: {
        username: { label: 'Username or email', type: 'text' },
        password: { label: 'Password', type: 'password' },
        ...(otp && { otp: { label: 'One-time code', type: 'otp', optional: true } }),
      },
    },
    token: { discovery: `${site}/realms/${realm}` },
    grants: {
      // `totp` is the older name; versions that call it `otp` still accept it.
      password: { ...grantDefaults, scope, ...(otp && { params: { totp: '{otp}' } }) },
      refresh_token: grantDefaults,
    },
    response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
    errors: {
      // No rule for "Account disabled": Keycloak checks it before the password, so it would reveal who has an account.
      map: [
        {
          contains: 'account is not fully set up',
          outcome: 'access_denied',
          hint: "the user has required actions, such as a new password. The user completes them on Keycloak's pages, or an administrator removes them in the admin console",
        },
        {
          contains: 'direct access grants',
          outcome: 'configuration_error',
          hint: 'this client may not use the grant. Enable "Direct access grants" in its settings',
        },
        {
          contains: 'requires user consent',
          outcome: 'configuration_error',
          hint: 'this client requires user consent, for which this grant has no page. Disable "Consent required" in its settings',
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
