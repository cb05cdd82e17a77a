import type { ProviderDescription } from '../description/provider-description.ts'
import { definePresetOptions, scopeOption, secretOption, textOption } from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link netatmo}. */
export interface NetatmoOptions {
  /** The client id. */
  clientId: string
  /** The client secret. */
  clientSecret: Secret
  /** The scope that a sign-in requests, for example `['read_station']`. */
  scope: string[]
}

/** The options of {@link netatmo}, and how they are checked. */
export const netatmoOptions = definePresetOptions<NetatmoOptions>(
  'netatmo',
  { clientId: textOption, clientSecret: secretOption, scope: scopeOption },
  {},
)

/**
 * Describes Netatmo, whose API responds with 403 to an expired token. Since the end of 2022 only older applications may
 * use the password grant.
 *
 * Sources: dev.netatmo.com, "Authentication"; responses of the server quoted in the read-mes of MMM-Netatmo and
 * netatmobeat; doc/token-file.md of xperimental/netatmo-exporter for the 403.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   netatmo({
 *     clientId: process.env.CLIENT_ID ?? '',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     scope: ['read_station'],
 *   })
 */
export function netatmo(options: NetatmoOptions): ProviderDescription {
  const { clientId, clientSecret, scope } = netatmoOptions.parse(options)
  return {
    id: 'netatmo',
    label: 'Netatmo',
    client: { id: clientId, secret: clientSecret },
    token: { url: 'https://api.netatmo.com/oauth2/token' },
    grants: {
      password: { clientAuth: 'post', scope: { default: scope } },
      refresh_token: { clientAuth: 'post' },
    },
    response: {
      defaultTokenType: 'Bearer',
      expiry: [
        { from: '/expires_in', as: 'seconds' },
        { from: '/expire_in', as: 'seconds' },
      ],
    },
    refresh: { mode: 'refresh_token' },
    resource: {
      baseUrls: ['https://api.netatmo.com/api/'],
      // 2: an invalid token; 3: an expired token; the other codes are about the request.
      tokenRejection: { status: [401, 403], refreshIf: { pointer: '/error/code', in: [2, 3] } },
    },
  }
}
