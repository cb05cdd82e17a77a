import type { ProviderDescription } from '../description/provider-description.ts'
import { parseSite, parseSlug, trimOption } from './option-values.ts'

/** What {@link sugarCrm} needs to know. */
export interface SugarCrmOptions {
  /** The address of the instance, for example `https://acct.sugarondemand.com`. */
  site: string
  /**
   * A platform of your own, registered in Sugar: each user has one session per platform, so that signing in on `base`
   * signs the same user out of Sugar itself.
   */
  platform: string
  /** An OAuth key of your own; `sugar`, which every instance knows, when absent. */
  clientId?: string
  clientSecret?: string
  /** The version in the API's URLs; `v11` when absent. */
  version?: string
  /** Where the token is shown: releases before Fall '18 know `OAuth-Token` only, which needs proxy mode. */
  header?: 'Authorization' | 'OAuth-Token'
}

/**
 * SugarCRM: JSON in, refresh tokens that are good for one use and two weeks, no scopes.
 *
 * Sources: Sugar Developer Guide, "/oauth2/token POST" and "How to Authenticate and Log Out".
 */
export function sugarCrm(options: SugarCrmOptions): ProviderDescription {
  const rest = `${parseSite('site', options.site)}/rest/${parseSlug('version', options.version ?? 'v11')}`
  const secret = trimOption(options.clientSecret)
  const byBearer = options.header !== 'OAuth-Token'
  const authMethod = {
    encoding: 'json' as const,
    clientAuth: secret === undefined ? ('none' as const) : ('post' as const),
    params: { platform: parseSlug('platform', options.platform) },
  }
  return {
    id: 'sugar-crm',
    label: 'Sugar',
    client: { id: trimOption(options.clientId) ?? 'sugar', ...(secret !== undefined && { secret }) },
    token: { url: `${rest}/oauth2/token` },
    grants: { password: authMethod, refresh_token: authMethod },
    response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
    errors: {
      description: ['/error_message'],
      // At a sign-in it is how a wrong password is called.
      map: [{ code: 'need_login', during: 'refresh', outcome: 'session_ended' }],
    },
    refresh: { mode: 'refresh_token' },
    resource: {
      baseUrls: [`${rest}/`],
      tokenPlacement: byBearer ? {} : { header: 'OAuth-Token', scheme: '' },
    },
    ...(byBearer && { revocation: { url: `${rest}/oauth2/logout`, auth: 'bearer' as const } }),
  }
}
