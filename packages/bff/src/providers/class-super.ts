import type { ProviderDescription } from '../description/provider-description.ts'
import {
  definePresetOptions,
  endpointOption,
  scopeOption,
  secretOption,
  siteOption,
  slugOption,
  textOption,
} from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link classSuper}. */
export interface ClassSuperOptions {
  /** The client id of your integration; without one, requests name no client. */
  clientId?: string
  /** The client secret; with it the client authenticates by Basic, without it not at all. */
  clientSecret?: Secret
  /** The business whose data the API returns, as it appears in Class's URLs. */
  business: string
  /**
   * The scope that a sign-in requests, for example `['fund.read']`. `offline_access` may return a refresh token,
   * `openid` an ID Token with the user's claims. A value that begins with `target:` replaces the whole business.
   */
  scope: string[]
  /** The issuer, or the URL of its discovery document; no discovery when absent. */
  discovery?: string
  /** The token endpoint without discovery, or when discovery fails; Class's production server when absent. */
  tokenEndpoint?: string
  /** The base URL of the API; `https://api.class.com.au/api/1.0` when absent. */
  api?: string
}

/** The options of {@link classSuper}, and how they are checked. */
export const classSuperOptions = definePresetOptions<ClassSuperOptions>(
  'classSuper',
  { business: slugOption, scope: scopeOption },
  {
    clientId: textOption,
    clientSecret: secretOption,
    discovery: endpointOption,
    tokenEndpoint: endpointOption,
    api: siteOption,
  },
)

/**
 * Describes Class Super: tokens of 15 minutes for one business, refreshed where the server issued a refresh token.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   classSuper({
 *     clientId: process.env.CLIENT_ID ?? '',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     business: 'acme',
 *     scope: ['fund.read', 'offline_access'],
 *   })
 *
 * @see "Resource Owner Password Flow", "Authorization Scopes" and "Using the API" in Class's support pages
 */
export function classSuper(options: ClassSuperOptions): ProviderDescription {
  const { clientId, clientSecret, business, scope, discovery, ...urls } = classSuperOptions.parse(options)
  const {
    tokenEndpoint = 'https://app.class.com.au/connect/token',
    api = 'https://api.class.com.au/api/1.0',
  } = urls
  const target = scope.some((value) => value.startsWith('target:')) ? [] : [`target:b/${business}`]
  // Class's documentation does not form-encode id and secret, as RFC 6749 appendix B requires.
  const authMethod =
    clientSecret === undefined
      ? { clientAuth: 'none' as const }
      : { clientAuth: 'basic' as const, basicEncoding: 'raw' as const }
  return {
    id: 'class-super',
    label: 'Class',
    ...(clientId !== undefined && {
      client: { id: clientId, ...(clientSecret !== undefined && { secret: clientSecret }) },
    }),
    token:
      discovery === undefined
        ? { url: tokenEndpoint }
        : { discovery, flavour: 'oidc', fallbackUrl: tokenEndpoint },
    grants: {
      password: { ...authMethod, scope: { default: [...target, ...scope] } },
      refresh_token: authMethod,
    },
    response: { extraUserFields: ['BusinessName', 'BusinessCode'] },
    refresh: { mode: 'refresh_token' },
    resource: {
      baseUrls: [`${api}/`],
      // Without this header the API responds with XML.
      headers: { Accept: 'application/vnd.superip.action.v1+json' },
      tokenRejection: { mayMeanInsufficientScope: true },
      rateLimit: { header: 'X-RateLimit-ResetAfter', unit: 's' },
    },
  }
}
