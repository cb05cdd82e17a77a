import type { ProviderDescription } from '../description/provider-description.ts'
import { trimOption } from './option-values.ts'

/** What {@link netatmo} needs to know. */
export interface NetatmoOptions {
  clientId: string
  clientSecret: string
  /** What is asked for, for example `['read_station']`. */
  scope: string[]
}

/**
 * Netatmo: scopes as an array, no `token_type`, and 403 where others say 401. Since the end of 2022 new applications may
 * not use the password grant; those that were let in before may.
 *
 * Sources: dev.netatmo.com, "Authentication"; answers of the server quoted in the read-mes of MMM-Netatmo and
 * netatmobeat; doc/token-file.md of xperimental/netatmo-exporter for the 403.
 */
export function netatmo({ clientId, clientSecret, scope }: NetatmoOptions): ProviderDescription {
  return {
    id: 'netatmo',
    label: 'Netatmo',
    client: { id: trimOption(clientId), secret: trimOption(clientSecret) },
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
      // 2 is a token that is not valid, 3 one that has expired; other codes are refusals of what was asked for.
      tokenRejection: { status: [401, 403], refreshIf: { pointer: '/error/code', in: [2, 3] } },
    },
  }
}
