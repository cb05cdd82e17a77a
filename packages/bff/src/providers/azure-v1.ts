import type { ProviderDescription } from '../description/provider-description.ts'
import { parseSite, parseSlug, trimOption } from './option-values.ts'

/** What {@link azureV1} needs to know. */
export interface AzureV1Options {
  /** The directory: its id, or a domain such as `contoso.onmicrosoft.com`. */
  tenant: string
  /** The application's id. */
  clientId: string
  /** For an application that is not public. */
  clientSecret?: string
  /** The API that the token is for, by its App ID URI, for example `https://contoso.crm.dynamics.com`. */
  resource: string
  /** Where the directory is; `https://login.microsoftonline.com` when absent. */
  authority?: string
}

const interactive =
  'a second factor or a condition that only a page of Microsoft can meet is demanded of this user; use a policy without it for this application, or the authorization code flow'

/**
 * Azure Active Directory, v1.0 endpoint, also known from Dynamics: one `resource` instead of scopes, numbers as texts.
 *
 * Sources: Microsoft, "Authorize access … using the OAuth 2.0 code grant flow" (v1.0) with its table of error codes,
 * "Microsoft Entra authentication and authorization error codes", and "Resource Owner Password Credentials Grant in
 * Azure AD OAuth".
 */
export function azureV1(options: AzureV1Options): ProviderDescription {
  const authority = parseSite('authority', options.authority ?? 'https://login.microsoftonline.com')
  const secret = trimOption(options.clientSecret)
  const authMethod = {
    clientAuth: secret === undefined ? ('none' as const) : ('post' as const),
    params: { resource: trimOption(options.resource) },
  }
  return {
    id: 'azure-v1',
    label: 'Microsoft',
    client: { id: trimOption(options.clientId), ...(secret !== undefined && { secret }) },
    token: { url: `${authority}/${parseSlug('tenant', options.tenant)}/oauth2/token` },
    grants: { password: authMethod, refresh_token: authMethod },
    response: {
      expiry: [
        { from: '/expires_in', as: 'seconds' },
        { from: '/expires_on', as: 'epoch-s' },
      ],
    },
    errors: {
      description: ['/error_description', '/suberror'],
      map: [
        { code: 'interaction_required', outcome: 'access_denied', hint: interactive },
        // Of these, invalid_grant alone would say that the password is wrong.
        { contains: 'basic_action', outcome: 'access_denied', hint: interactive },
        { contains: 'AADSTS50076', outcome: 'access_denied', hint: interactive },
        { contains: 'AADSTS50079', outcome: 'access_denied', hint: interactive },
        { contains: 'AADSTS53003', outcome: 'access_denied', hint: interactive },
        {
          contains: 'AADSTS50055',
          outcome: 'access_denied',
          hint: 'the password of this user has expired, and can be changed at a page of Microsoft only',
        },
        {
          contains: 'AADSTS65001',
          outcome: 'configuration_error',
          hint: 'nobody has consented to this application; an administrator can, for all users',
        },
        {
          code: 'invalid_resource',
          outcome: 'configuration_error',
          hint: 'the resource is unknown in this directory; is it the App ID URI of the API?',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
