import type { ProviderDescription } from '../description/provider-description.ts'
import { parseSite, trimOption } from './option-values.ts'

/** What {@link classy} needs to know. */
export interface ClassyOptions {
  clientId: string
  clientSecret: string
  /** Sent as `x-integration-id` with every request, where Classy has issued one: without it the edge answers 403. */
  integrationId?: string
  /** Where the API is; `https://api.classy.org` when absent. */
  site?: string
}

/**
 * Classy (GoFundMe Pro): the application signs itself in, and asks again before its token ends. Needs `authorize`: the
 * token reads and writes all that the organization has.
 *
 * @see "Authentication" in Classy's API documentation
 */
export function classy({ clientId, clientSecret, integrationId, site }: ClassyOptions): ProviderDescription {
  const api = parseSite('site', site ?? 'https://api.classy.org')
  const headers = {
    Accept: 'application/json',
    ...(integrationId !== undefined && { 'x-integration-id': trimOption(integrationId) }),
  }
  return {
    id: 'classy',
    label: 'Classy',
    client: { id: trimOption(clientId), secret: trimOption(clientSecret) },
    login: { mode: 'automatic' },
    token: { url: `${api}/oauth2/auth` },
    grants: {
      client_credentials: { clientAuth: 'post', headers },
      refresh_token: { clientAuth: 'post', headers },
    },
    errors: {
      map: [
        {
          status: 403,
          outcome: 'configuration_error',
          hint: "Classy's edge refuses the request; if Classy has issued an integration id to you, set integrationId",
        },
      ],
    },
    refresh: { mode: 'refresh_token', fallback: 'reissue' },
    resource: { baseUrls: [`${api}/2.0/`], headers },
  }
}
