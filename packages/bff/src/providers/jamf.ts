import type { ProviderDescription } from '../description/provider-description.ts'
import { definePresetOptions, siteOption } from './option-values.ts'

/** The options of {@link jamf}. */
export interface JamfOptions {
  /** The URL of the server, for example `https://acct.jamfcloud.com`. */
  site: string
}

/** The options of {@link jamf}, and how they are checked. */
export const jamfOptions = definePresetOptions<JamfOptions>('jamf', { site: siteOption }, {})

/**
 * Describes Jamf Pro, which authenticates the user by Basic and has no clients. A valid token returns the next one, so
 * a session ends when its token expires while no page of it is visible, or in proxy mode while no page uses the API.
 *
 * Sources: developer.jamf.com, "Jamf Pro API Overview" and the reference of `/v1/auth/token`, `/v1/auth/keep-alive` and
 * `/v1/auth/invalidate-token`.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   jamf({ site: 'https://acct.jamfcloud.com' })
 */
export function jamf(options: JamfOptions): ProviderDescription {
  const { site } = jamfOptions.parse(options)
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
      map: [
        { status: 401, during: 'sign-in', outcome: 'invalid_credentials' },
        { status: 401, during: 'refresh', outcome: 'session_ended' },
      ],
    },
    refresh: { mode: 'keep_alive', url: `${api}/v1/auth/keep-alive` },
    resource: { baseUrls: [`${api}/`, `${site}/JSSResource/`] },
    revocation: { url: `${api}/v1/auth/invalidate-token`, auth: 'bearer' },
  }
}
