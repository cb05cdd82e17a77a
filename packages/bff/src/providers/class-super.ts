import type { ProviderDescription } from '../description/provider-description.ts'
import { parseSlug, trimOption } from './option-values.ts'

/** What {@link classSuper} needs to know. */
export interface ClassSuperOptions {
  /** Your integration; Basic is used when both are given, and no client at all otherwise. */
  clientId?: string
  clientSecret?: string
  /** The business whose data is asked for, as it appears in Class's URLs. */
  business: string
  /**
   * What is asked for there, for example `['fund.read']`; `offline_access` may bring a refresh token, and `openid` brings
   * an ID Token that tells who the user is. A value `target:…` of your own takes the place of the business as a whole.
   */
  scope: string[]
  /** The address of the discovery document, or its issuer. */
  discovery?: string
  /** Used without discovery, and when discovery fails; Class's production server when absent. */
  tokenEndpoint?: string
  /** Where the API is; `https://api.class.com.au/api/1.0` when absent. */
  api?: string
}

/**
 * Class Super: tokens of 15 minutes for one business, and a refresh where a refresh token came.
 *
 * @see "Resource Owner Password Flow", "Authorization Scopes" and "Using the API" in Class's support pages
 */
export function classSuper(options: ClassSuperOptions): ProviderDescription {
  const clientId = trimOption(options.clientId)
  const clientSecret = trimOption(options.clientSecret)
  const url = trimOption(options.tokenEndpoint) ?? 'https://app.class.com.au/connect/token'
  const business = parseSlug('business', options.business)
  const target = options.scope.some((value) => value.startsWith('target:')) ? [] : [`target:b/${business}`]
  // The vendor's documentation encodes the pair as it is, without the form encoding of RFC 6749 appendix B.
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
      options.discovery === undefined
        ? { url }
        : { discovery: trimOption(options.discovery), flavour: 'oidc', fallbackUrl: url },
    grants: {
      password: { ...authMethod, scope: { default: [...target, ...options.scope] } },
      refresh_token: authMethod,
    },
    response: { extraUserFields: ['BusinessName', 'BusinessCode'] },
    refresh: { mode: 'refresh_token' },
    resource: {
      baseUrls: [`${(trimOption(options.api) ?? 'https://api.class.com.au/api/1.0').replace(/\/+$/, '')}/`],
      // Without it the answers are XML.
      headers: { Accept: 'application/vnd.superip.action.v1+json' },
      tokenRejection: { mayMeanInsufficientScope: true },
      rateLimit: { header: 'X-RateLimit-ResetAfter', unit: 's' },
    },
  }
}
