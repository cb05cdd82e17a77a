import type { ProviderDescription } from '../description/provider-description.ts'
import { createClientConfig, parseSite } from './option-values.ts'

/** What {@link salesforce} needs to know. */
export interface SalesforceOptions {
  /** The consumer key of the connected app. */
  clientId: string
  /** Its consumer secret. */
  clientSecret: string
  /**
   * Where people sign in: `https://login.salesforce.com` when absent, `https://test.salesforce.com` for sandboxes, or
   * your My Domain.
   */
  site?: string
}

const blocked =
  'the username-password flow may be blocked: Setup, "OAuth and OpenID Connect Settings", "Allow OAuth Username-Password Flows"'

const unapproved =
  'the connected app lets in users that an administrator approved: add the profile or a permission set of this user to it'

/**
 * Salesforce, by the username-password flow: a security token behind the password (empty from trusted addresses), an
 * API at the `instance_url` of each user, and neither a refresh token nor a lifetime: the session of the org decides.
 *
 * Sources: Salesforce, "OAuth 2.0 Username-Password Flow for Special Scenarios", "OAuth 2.0 Authorization Errors",
 * "OauthOidcSettings" of the Metadata API, and "Status Codes and Error Responses" of the REST API.
 */
export function salesforce(options: SalesforceOptions): ProviderDescription {
  const { client, grantDefaults } = createClientConfig(options)
  const site = parseSite('site', options.site ?? 'https://login.salesforce.com')
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
    // `id` is the address that names the user; a page that holds the token needs `instance_url` to ask the API.
    response: { extraUserFields: ['id', 'instance_url'] },
    errors: {
      map: [
        {
          contains: 'ip restricted or invalid login hours',
          outcome: 'access_denied',
          hint: 'the address of this server, or the hour, is not allowed to this user: see the login hours and IP ranges of the profile, and the IP relaxation of the connected app',
        },
        { contains: "user hasn't approved this consumer", outcome: 'access_denied', hint: unapproved },
        { code: 'invalid_app_access', outcome: 'access_denied', hint: unapproved },
        {
          code: 'invalid_grant',
          contains: 'authentication failure',
          during: 'sign-in',
          outcome: 'invalid_credentials',
          hint: `if nobody can sign in, the password is not what is wrong: ${blocked}; otherwise the security token is missing or an old one, or the user is locked out (see the login history)`,
        },
        { code: 'unsupported_grant_type', outcome: 'configuration_error', hint: blocked },
        {
          code: 'invalid_client_id',
          outcome: 'configuration_error',
          hint: 'the consumer key is unknown at this site; a new connected app takes some minutes',
        },
        {
          code: 'invalid_client_credentials',
          outcome: 'configuration_error',
          hint: 'the consumer secret is refused',
        },
        {
          code: 'inactive_org',
          outcome: 'configuration_error',
          hint: 'the org is closed, locked or suspended',
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
