import type { ProviderDescription } from '../description/provider-description.ts'
import {
  createClientConfig,
  definePresetOptions,
  secretOption,
  siteOption,
  textOption,
} from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link salesforce}. */
export interface SalesforceOptions {
  /** The consumer key of the connected app. */
  clientId: string
  /** The consumer secret of the connected app. */
  clientSecret: Secret
  /**
   * The URL that users sign in at: `https://login.salesforce.com` when absent, `https://test.salesforce.com` for
   * sandboxes, or your My Domain.
   */
  site?: string
}

/** The options of {@link salesforce}, and how they are checked. */
export const salesforceOptions = definePresetOptions<SalesforceOptions>(
  'salesforce',
  { clientId: textOption, clientSecret: secretOption },
  { site: siteOption },
)

const blockedFlowHint =
  'the username-password flow may be blocked. Check Setup, "OAuth and OpenID Connect Settings", "Allow OAuth Username-Password Flows"'

const unapprovedUserHint =
  'the connected app accepts only users that an administrator approved. Add the profile or a permission set of this user to it'

/**
 * Describes Salesforce by the username-password flow. Users add their security token, which is empty from trusted
 * addresses; each user's API is at its own `instance_url`. There is no refresh token, and the org decides how long a
 * token lasts.
 *
 * Sources: Salesforce, "OAuth 2.0 Username-Password Flow for Special Scenarios", "OAuth 2.0 Authorization Errors",
 * "OauthOidcSettings" of the Metadata API, and "Status Codes and Error Responses" of the REST API.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   salesforce({ clientId: process.env.CLIENT_ID ?? '', clientSecret: process.env.CLIENT_SECRET ?? '' })
 */
export function salesforce(options: SalesforceOptions): ProviderDescription {
  const { site = 'https://login.salesforce.com', ...clientConfig } = salesforceOptions.parse(options)
  const { client, grantDefaults } = createClientConfig(clientConfig)
  return {
    id: 'salesforce',
    label: 'Salesforce',
    client,
    login: {
      fields: {
        username: { label: 'Username', type: 'text' },
        password: { label: 'Password', type: 'password' },
        security_token: { label: 'Security token', type: 'password', optional: true },
      },
    },
    token: { url: `${site}/services/oauth2/token` },
    grants: { password: { ...grantDefaults, params: { password: '{password}{security_token}' } } },
    // `id` is a URL that names the user; in token mode the page needs `instance_url` to reach the API.
    response: { extraUserFields: ['id', 'instance_url'] },
    errors: {
      map: [
        {
          contains: 'ip restricted or invalid login hours',
          outcome: 'access_denied',
          hint: 'the user may not sign in from the address of this server, or at this hour. Check the login hours and IP ranges of the profile, and the IP relaxation of the connected app',
        },
        {
          contains: "user hasn't approved this consumer",
          outcome: 'access_denied',
          hint: unapprovedUserHint,
        },
        { code: 'invalid_app_access', outcome: 'access_denied', hint: unapprovedUserHint },
        {
          code: 'invalid_grant',
          contains: 'authentication failure',
          during: 'sign-in',
          outcome: 'invalid_credentials',
          hint: `if no user can sign in, ${blockedFlowHint}. If only this user cannot, check the security token and the login history of the user`,
        },
        { code: 'unsupported_grant_type', outcome: 'configuration_error', hint: blockedFlowHint },
        {
          code: 'invalid_client_id',
          outcome: 'configuration_error',
          hint: 'this site does not know the consumer key. Check it and the option site; a new connected app needs some minutes',
        },
        {
          code: 'invalid_client_credentials',
          outcome: 'configuration_error',
          hint: 'Salesforce rejected the consumer secret. Check it',
        },
        {
          code: 'inactive_org',
          outcome: 'configuration_error',
          hint: 'the org is closed, locked or suspended. Contact its administrator',
        },
        { code: 'rate_limit_exceeded', outcome: 'rate_limited' },
      ],
    },
    refresh: { mode: 'none' },
    resource: {
      baseUrlFrom: { from: '/instance_url', hostSuffix: '.salesforce.com' },
      tokenRejection: { refreshIf: { pointer: '/0/errorCode', in: ['INVALID_SESSION_ID'] } },
    },
  }
}
