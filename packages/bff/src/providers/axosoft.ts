import type { ProviderDescription } from '../description/provider-description.ts'
import { parseSite, trimOption } from './option-values.ts'

/** What {@link axosoft} needs to know. */
export interface AxosoftOptions {
  /** The address of the account, for example `https://acct.axosoft.com`. */
  site: string
  clientId: string
  clientSecret: string
  /** `read` alone when absent. */
  scope?: ('read' | 'write')[]
  /** `GET` as documented, with the password in the URL's query; `POST` where the installation knows it, which is better. */
  method?: 'GET' | 'POST'
}

/**
 * Axosoft: no refresh, tokens of 30 days that no answer mentions, and the user under `data`.
 *
 * @see "Username/Password Grant Type" and "Authentication" on Axosoft's developer site
 */
export function axosoft({
  site,
  clientId,
  clientSecret,
  scope,
  method = 'GET',
}: AxosoftOptions): ProviderDescription {
  const base = parseSite('site', site)
  return {
    id: 'axosoft',
    label: 'Axosoft',
    client: { id: trimOption(clientId), secret: trimOption(clientSecret) },
    login: {
      mode: 'form',
      fields: {
        username: { label: 'Login ID', type: 'text' },
        password: { label: 'Password', type: 'password' },
      },
    },
    token: { url: `${base}/api/oauth2/token` },
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
    resource: { baseUrls: [`${base}/api/`] },
  }
}
