import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { clientFrom, siteFrom } from './option-values.ts'

/** What {@link glewlwyd} needs to know. */
export interface GlewlwydOptions extends ClientOptions {
  /** The issuer of the OpenID Connect plugin, for example `https://id.example.com/api/oidc`. */
  issuer: string
  /** What a sign-in asks for: at least one value. */
  scope: string[]
}

/**
 * Glewlwyd, by its OpenID Connect plugin. Its refusals are a status without a body, so that a scope which the user may
 * not have looks like a wrong password.
 *
 * Sources: babelouest/glewlwyd, docs/OAUTH2.md; the answers of version 2.7.
 */
export function glewlwyd(options: GlewlwydOptions): ProviderDescription {
  const { client, way, scope } = clientFrom(options)
  const issuer = siteFrom('issuer', options.issuer)
  const shown = way.clientAuth === 'body' ? ({ clientAuth: 'basic', basicEncoding: 'raw' } as const) : way
  return {
    id: 'glewlwyd',
    label: 'Glewlwyd',
    client,
    token: { discovery: issuer, fallbackUrl: `${issuer}/token` },
    grants: { password: { ...shown, scope }, refresh_token: shown },
    errors: {
      map: [
        { status: 400, on: 'refresh', as: 'session_ended' },
        {
          status: 400,
          on: 'sign-in',
          as: 'config',
          hint: 'the client id, the client secret, the grant or an empty scope is refused; Glewlwyd does not say which',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
