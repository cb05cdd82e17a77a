import type { ProviderDescription } from '../description/provider-description.ts'
import { definePresetOptions, secretOption, siteOption, slugOption, textOption } from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link azureV1}. */
export interface AzureV1Options {
  /** The directory: its id, or a domain such as `contoso.onmicrosoft.com`. */
  tenant: string
  /** The id of the application. */
  clientId: string
  /** The secret of a confidential application; a public one has none. */
  clientSecret?: Secret
  /** The App ID URI of the API that the token is for, for example `https://contoso.crm.dynamics.com`. */
  resource: string
  /** The URL of the login service; `https://login.microsoftonline.com` when absent. */
  authority?: string
}

/** The options of {@link azureV1}, and how they are checked. */
export const azureV1Options = definePresetOptions<AzureV1Options>(
  'azureV1',
  { tenant: slugOption, clientId: textOption, resource: textOption },
  { clientSecret: secretOption, authority: siteOption },
)

const interactionHint =
  'Microsoft requires a second factor or a condition of this user that only its pages can handle. Use a policy without it for this application, or the authorization code flow'

/**
 * Describes the v1.0 endpoint of Azure Active Directory, which Dynamics uses: one `resource` in place of scopes.
 *
 * Sources: Microsoft, "Authorize access … using the OAuth 2.0 code grant flow" (v1.0) with its table of error codes,
 * "Microsoft Entra authentication and authorization error codes", and "Resource Owner Password Credentials Grant in
 * Azure AD OAuth".
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   azureV1({
 *     tenant: 'contoso.onmicrosoft.com',
 *     clientId: process.env.CLIENT_ID ?? '',
 *     resource: 'https://contoso.crm.dynamics.com',
 *   })
 */
export function azureV1(options: AzureV1Options): ProviderDescription {
  const {
    tenant,
    clientId,
    clientSecret,
    resource,
    authority = 'https://login.microsoftonline.com',
  } = azureV1Options.parse(options)
  const authMethod = {
    clientAuth: clientSecret === undefined ? ('none' as const) : ('post' as const),
    params: { resource },
  }
  return {
    id: 'azure-v1',
    label: 'Microsoft',
    client: { id: clientId, ...(clientSecret !== undefined && { secret: clientSecret }) },
    token: { url: `${authority}/${tenant}/oauth2/token` },
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
        { code: 'interaction_required', outcome: 'access_denied', hint: interactionHint },
        // These come as invalid_grant, which without a rule means a wrong password.
        { contains: 'basic_action', outcome: 'access_denied', hint: interactionHint },
        { contains: 'AADSTS50076', outcome: 'access_denied', hint: interactionHint },
        { contains: 'AADSTS50079', outcome: 'access_denied', hint: interactionHint },
        { contains: 'AADSTS53003', outcome: 'access_denied', hint: interactionHint },
        {
          contains: 'AADSTS50055',
          outcome: 'access_denied',
          hint: "the password of this user has expired. The user can change it on Microsoft's pages only",
        },
        {
          contains: 'AADSTS65001',
          outcome: 'configuration_error',
          hint: 'nobody has consented to this application. An administrator can consent for all users',
        },
        {
          code: 'invalid_resource',
          outcome: 'configuration_error',
          hint: 'the directory does not know the resource. Set the option resource to the App ID URI of the API',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
