import type { ProviderDescription } from '../description/provider-description.ts'
import { trimOption } from './option-values.ts'

/** What {@link wso2} needs to know. */
export interface Wso2Options {
  /** For example `https://iam.example.com:9443/oauth2/token`; at older API gateways it ends in `/token` alone. */
  tokenEndpoint: string
  clientId: string
  clientSecret: string
  /** What a sign-in asks for. */
  scope?: string[]
  /** What a page may ask for instead; `scope` when absent. */
  allowedScope?: string[]
}

/**
 * WSO2 Identity Server and API Manager. Whoever signs in again with the same client and scope gets the same opaque token
 * with less time left, and the same refresh token, which is good for one use: two browsers of one user end each other's
 * session. Have the server renew tokens with each request (`RenewTokenPerRequest`), or ask for another `device_…` scope
 * in each. For the same reason no token is given back at a sign-out.
 *
 * Sources: WSO2 Identity Server 5.8, "Issuing New Tokens Per Request"; API Manager, "Multiple Active Access Tokens",
 * "Access Tokens Per Device" and "Refresh Token Grant".
 */
export function wso2(options: Wso2Options): ProviderDescription {
  const { scope = [], allowedScope } = options
  return {
    id: 'wso2',
    label: 'WSO2',
    client: { id: trimOption(options.clientId), secret: trimOption(options.clientSecret) },
    token: { url: trimOption(options.tokenEndpoint) },
    grants: {
      password: { scope: { default: scope, ...(allowedScope && { allowed: allowedScope }) } },
      refresh_token: {},
    },
    refresh: { mode: 'refresh_token' },
  }
}
