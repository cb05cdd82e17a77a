import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import { createClientConfig, parseSite } from './option-values.ts'

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
  const { client, grantDefaults, scope } = createClientConfig(options)
  const issuer = parseSite('issuer', options.issuer)
  const shown =
    grantDefaults.clientAuth === 'post'
      ? ({ clientAuth: 'basic', basicEncoding: 'raw' } as const)
      : grantDefaults
  return {
    id: 'glewlwyd',
    label: 'Glewlwyd',
    client,
    token: { discovery: issuer, fallbackUrl: `${issuer}/token` },
    grants: { password: { ...shown, scope }, refresh_token: shown },
    errors: {
      map: [
        { status: 400, during: 'refresh', outcome: 'session_ended' },
        {
          status: 400,
          during: 'sign-in',
          outcome: 'configuration_error',
          hint: 'the client id, the client secret, the grant or an empty scope is refused; Glewlwyd does not say which',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
