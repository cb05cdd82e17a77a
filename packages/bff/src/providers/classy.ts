import type { ProviderDescription } from '../description/provider-description.ts'
import { definePresetOptions, headerOption, secretOption, siteOption, textOption } from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link classy}. */
export interface ClassyOptions {
  /** The client id. */
  clientId: string
  /** The client secret. */
  clientSecret: Secret
  /**
   * The header `x-integration-id`, if Classy has issued one to you: requests without it get 403. Not sent when absent.
   */
  integrationId?: string
  /** The URL of the API; `https://api.classy.org` when absent. */
  site?: string
}

/** The options of {@link classy}, and how they are checked. */
export const classyOptions = definePresetOptions<ClassyOptions>(
  'classy',
  { clientId: textOption, clientSecret: secretOption },
  { integrationId: headerOption, site: siteOption },
)

/**
 * Describes Classy (GoFundMe Pro), where the application signs in itself and gets another token before the last one
 * expires. Set `authorize` in `createBff`: the token can read and write all data of the organization.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   classy({ clientId: process.env.CLIENT_ID ?? '', clientSecret: process.env.CLIENT_SECRET ?? '' })
 *
 * @see "Authentication" in Classy's API documentation
 */
export function classy(options: ClassyOptions): ProviderDescription {
  const {
    clientId,
    clientSecret,
    integrationId,
    site = 'https://api.classy.org',
  } = classyOptions.parse(options)
  const headers = {
    Accept: 'application/json',
    ...(integrationId !== undefined && { 'x-integration-id': integrationId }),
  }
  return {
    id: 'classy',
    label: 'Classy',
    client: { id: clientId, secret: clientSecret },
    login: { mode: 'automatic' },
    token: { url: `${site}/oauth2/auth` },
    grants: {
      client_credentials: { clientAuth: 'post', headers },
      refresh_token: { clientAuth: 'post', headers },
    },
    errors: {
      map: [
        {
          status: 403,
          outcome: 'configuration_error',
          hint: "Classy's edge rejected the request. If Classy has issued an integration id to you, set the option integrationId",
        },
      ],
    },
    refresh: { mode: 'refresh_token', fallback: 'reissue' },
    resource: { baseUrls: [`${site}/2.0/`], headers },
  }
}
