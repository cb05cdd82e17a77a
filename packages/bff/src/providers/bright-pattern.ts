import type { ProviderDescription } from '../description/provider-description.ts'
import { parseHost, parseSite } from './option-values.ts'

/** What {@link brightPattern} needs to know. */
export interface BrightPatternOptions {
  /** The host name of your tenant, which is the scope as well: `acme.brightpattern.com`. */
  tenant: string
  /** Where the API is, where that is not `https://{tenant}`. */
  site?: string
  /** The version of the configuration API; `v2` when absent, `v3` for List Management. */
  version?: 'v2' | 'v3'
  /**
   * Keeps the API secret that a person typed, sealed in the session, to ask again at expiry; otherwise the person signs
   * in again, in place, every hour.
   */
  keepApiSecret?: boolean
}

/**
 * Bright Pattern Contact Center: people sign in with their login ID and API secret, which are the client of a
 * client_credentials grant.
 *
 * @see "Request Access Token" in Bright Pattern's API specifications
 */
export function brightPattern(options: BrightPatternOptions): ProviderDescription {
  const tenant = parseHost('tenant', options.tenant)
  const site = parseSite('site', options.site ?? `https://${tenant}`)
  return {
    id: 'bright-pattern',
    label: 'Bright Pattern',
    login: {
      mode: 'form',
      fields: {
        client_id: { label: 'Login ID', type: 'text' },
        client_secret: { label: 'API secret', type: 'password' },
      },
      username: 'client_id',
      userIsClient: true,
    },
    token: { url: `${site}/configapi/${options.version ?? 'v2'}/oauth/token` },
    grants: { client_credentials: { clientAuth: 'post', scope: { default: [tenant] } } },
    signInGrant: 'client_credentials',
    // The documents' own example has a comma after its last member.
    response: { json: 'trailing-commas' },
    errors: { map: [{ status: 401, outcome: 'invalid_credentials' }] },
    refresh: options.keepApiSecret ? { mode: 'reissue', storeCredentials: true } : { mode: 'none' },
    resource: {
      baseUrls: [`${site}/`],
      // 1: no token, or an unknown one; 2: an expired one; 3: a right that is missing.
      tokenRejection: {
        refreshIf: { pointer: '/errorCode', in: [2] },
        ignoreIf: { pointer: '/errorCode', in: [1, 3] },
      },
    },
  }
}
