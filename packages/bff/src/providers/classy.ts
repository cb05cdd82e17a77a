import type { ProviderDescription } from '../description/provider-description.ts'
import { siteFrom, trimmed } from './option-values.ts'

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
  const api = siteFrom('site', site ?? 'https://api.classy.org')
  const headers = {
    Accept: 'application/json',
    ...(integrationId !== undefined && { 'x-integration-id': trimmed(integrationId) }),
  }
  return {
    id: 'classy',
    label: 'Classy',
    client: { id: trimmed(clientId), secret: trimmed(clientSecret) },
    login: { mode: 'automatic' },
    token: { url: `${api}/oauth2/auth` },
    grants: {
      client_credentials: { clientAuth: 'body', headers },
      refresh_token: { clientAuth: 'body', headers },
    },
    errors: {
      map: [
        {
          status: 403,
          as: 'config',
          hint: "Classy's edge refuses the request; if Classy has issued an integration id to you, set integrationId",
        },
      ],
    },
    refresh: { mode: 'refresh_token', whenMissing: 'reissue' },
    resource: { bases: [`${api}/2.0/`], headers },
  }
}
