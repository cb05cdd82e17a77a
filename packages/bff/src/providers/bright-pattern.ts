import type { ProviderDescription } from '../description/provider-description.ts'
import {
  createChoiceOption,
  definePresetOptions,
  flagOption,
  hostOption,
  siteOption,
} from './option-values.ts'

/** The options of {@link brightPattern}. */
export interface BrightPatternOptions {
  /** The host name of your tenant, which is also the scope: `acme.brightpattern.com`. */
  tenant: string
  /** The URL of the API; `https://{tenant}` when absent. */
  site?: string
  /** The version of the configuration API; `v2` when absent, `v3` for List Management. */
  version?: 'v2' | 'v3'
  /**
   * Stores the user's API secret, sealed in the session, to get the next token with it; `false` when absent: then users
   * sign in again every hour.
   */
  keepApiSecret?: boolean
}

/** The options of {@link brightPattern}, and how they are checked. */
export const brightPatternOptions = definePresetOptions<BrightPatternOptions>(
  'brightPattern',
  { tenant: hostOption },
  { site: siteOption, version: createChoiceOption('v2', 'v3'), keepApiSecret: flagOption },
)

/**
 * Describes Bright Pattern Contact Center, where users sign in with their login ID and API secret: the client
 * credentials of a client_credentials grant.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   brightPattern({ tenant: 'acme.brightpattern.com' })
 *
 * @see "Request Access Token" in Bright Pattern's API specifications
 */
export function brightPattern(options: BrightPatternOptions): ProviderDescription {
  const { tenant, version = 'v2', keepApiSecret, ...others } = brightPatternOptions.parse(options)
  const { site = `https://${tenant}` } = others
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
    token: { url: `${site}/configapi/${version}/oauth/token` },
    grants: { client_credentials: { clientAuth: 'post', scope: { default: [tenant] } } },
    signInGrant: 'client_credentials',
    // The example in the documentation has a comma after its last member.
    response: { json: 'trailing-commas' },
    errors: { map: [{ status: 401, outcome: 'invalid_credentials' }] },
    refresh: keepApiSecret ? { mode: 'reissue', storeCredentials: true } : { mode: 'none' },
    resource: {
      baseUrls: [`${site}/`],
      // 1: no token or an unknown one; 2: an expired token; 3: a missing permission.
      tokenRejection: {
        refreshIf: { pointer: '/errorCode', in: [2] },
        ignoreIf: { pointer: '/errorCode', in: [1, 3] },
      },
    },
  }
}
