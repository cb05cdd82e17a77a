import type { ProviderDescription } from '../description/provider-description.ts'
import {
  createChoiceOption,
  createChoicesOption,
  definePresetOptions,
  secretOption,
  siteOption,
  textOption,
} from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link axosoft}. */
export interface AxosoftOptions {
  /** The URL of the account, for example `https://acct.axosoft.com`. */
  site: string
  /** The client id. */
  clientId: string
  /** The client secret. */
  clientSecret: Secret
  /** The scope that a sign-in requests; `['read']` when absent. */
  scope?: ('read' | 'write')[]
  /**
   * The method of the token request: `GET` when absent, as documented, with the password in the query of the URL. Use
   * `POST` where the installation supports it.
   */
  method?: 'GET' | 'POST'
}

/** The options of {@link axosoft}, and how they are checked. */
export const axosoftOptions = definePresetOptions<AxosoftOptions>(
  'axosoft',
  { site: siteOption, clientId: textOption, clientSecret: secretOption },
  { scope: createChoicesOption('read', 'write'), method: createChoiceOption('GET', 'POST') },
)

/**
 * Describes Axosoft: its tokens last 30 days, which no response mentions, and cannot be refreshed.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   axosoft({
 *     site: 'https://acct.axosoft.com',
 *     clientId: process.env.CLIENT_ID ?? '',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *   })
 *
 * @see "Username/Password Grant Type" and "Authentication" on Axosoft's developer site
 */
export function axosoft(options: AxosoftOptions): ProviderDescription {
  const { site, clientId, clientSecret, scope, method = 'GET' } = axosoftOptions.parse(options)
  return {
    id: 'axosoft',
    label: 'Axosoft',
    client: { id: clientId, secret: clientSecret },
    login: {
      mode: 'form',
      fields: {
        username: { label: 'Login ID', type: 'text' },
        password: { label: 'Password', type: 'password' },
      },
    },
    token: { url: `${site}/api/oauth2/token` },
    grants: {
      password: {
        method,
        clientAuth: method === 'GET' ? 'query' : 'post',
        scope: { default: scope ?? ['read'], allowed: scope ?? ['read', 'write'] },
      },
    },
    response: {
      expiry: [{ from: '/expires_in', as: 'seconds' }, { seconds: 2_592_000 }],
      user: '/data',
    },
    refresh: { mode: 'none' },
    resource: { baseUrls: [`${site}/api/`] },
  }
}
