import type { ProviderDescription } from '../description/provider-description.ts'
import { parseSite } from './option-values.ts'

/** What {@link jamf} needs to know. */
export interface JamfOptions {
  /** The address of the server, for example `https://acct.jamfcloud.com`. */
  site: string
}

/**
 * Jamf Pro: the user is shown by Basic and no client at all. A token that is still good brings the next one, so that a
 * session ends when no page is open on it while its token runs out.
 *
 * Sources: developer.jamf.com, "Jamf Pro API Overview" and the reference of `/v1/auth/token`, `/v1/auth/keep-alive` and
 * `/v1/auth/invalidate-token`.
 */
export function jamf(options: JamfOptions): ProviderDescription {
  const site = parseSite('site', options.site)
  const api = `${site}/api`
  return {
    id: 'jamf',
    label: 'Jamf Pro',
    token: { url: `${api}/v1/auth/token` },
    grants: { password: { clientAuth: 'user-basic', encoding: 'none' } },
    response: {
      fields: { access_token: '/token' },
      defaultTokenType: 'Bearer',
      expiry: [{ from: '/expires', as: 'iso' }],
    },
    errors: {
      code: ['/errors/0/code'],
      description: ['/errors/0/description'],
      map: [{ status: 401, during: 'refresh', outcome: 'session_ended' }],
    },
    refresh: { mode: 'keep_alive', url: `${api}/v1/auth/keep-alive` },
    resource: { baseUrls: [`${api}/`, `${site}/JSSResource/`] },
    revocation: { url: `${api}/v1/auth/invalidate-token`, auth: 'bearer' },
  }
}
