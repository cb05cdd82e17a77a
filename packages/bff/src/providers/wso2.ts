import type { ProviderDescription } from '../description/provider-description.ts'
import {
  definePresetOptions,
  endpointOption,
  scopeOption,
  secretOption,
  textOption,
} from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link wso2}. */
export interface Wso2Options {
  /**
   * The URL of the token endpoint, for example `https://iam.example.com:9443/oauth2/token`; older gateways use
   * `/token`.
   */
  tokenEndpoint: string
  /** The client id. */
  clientId: string
  /** The client secret. */
  clientSecret: Secret
  /** The scope that a sign-in requests; none when absent. */
  scope?: string[]
  /** The values that a page may request instead; those of `scope` when absent. */
  allowedScope?: string[]
}

/** The options of {@link wso2}, and how they are checked. */
export const wso2Options = definePresetOptions<Wso2Options>(
  'wso2',
  { tokenEndpoint: endpointOption, clientId: textOption, clientSecret: secretOption },
  { scope: scopeOption, allowedScope: scopeOption },
)

/**
 * Describes WSO2 Identity Server and API Manager. By default a second sign-in of one user gets the same token and the
 * same refresh token, which is valid for one use: two browsers of one user end each other's session. Set
 * `RenewTokenPerRequest` on the server, or request another `device_…` scope in each browser. For the same reason a
 * sign-out revokes no token.
 *
 * Sources: WSO2 Identity Server 5.8, "Issuing New Tokens Per Request"; API Manager, "Multiple Active Access Tokens",
 * "Access Tokens Per Device" and "Refresh Token Grant".
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   wso2({
 *     tokenEndpoint: 'https://iam.example.com:9443/oauth2/token',
 *     clientId: process.env.CLIENT_ID ?? '',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *   })
 */
export function wso2(options: Wso2Options): ProviderDescription {
  const { tokenEndpoint, clientId, clientSecret, scope = [], allowedScope } = wso2Options.parse(options)
  return {
    id: 'wso2',
    label: 'WSO2',
    client: { id: clientId, secret: clientSecret },
    token: { url: tokenEndpoint },
    grants: {
      password: { scope: { default: scope, ...(allowedScope && { allowed: allowedScope }) } },
      refresh_token: {},
    },
    refresh: { mode: 'refresh_token' },
  }
}
