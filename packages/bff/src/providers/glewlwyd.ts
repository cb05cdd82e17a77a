import type { ProviderDescription } from '../description/provider-description.ts'
import type { ClientOptions } from './option-values.ts'
import {
  clientOptions,
  createClientConfig,
  definePresetOptions,
  requiredScopeOption,
  scopeOption,
  secretOption,
  siteOption,
} from './option-values.ts'

/** The options of {@link glewlwyd}. */
export interface GlewlwydOptions extends ClientOptions {
  /** The issuer of the OpenID Connect plugin, for example `https://id.example.com/api/oidc`. */
  issuer: string
  /** The scope that a sign-in requests: at least one value. */
  scope: string[]
}

/** The options of {@link glewlwyd}, and how they are checked. */
export const glewlwydOptions = definePresetOptions<GlewlwydOptions>(
  'glewlwyd',
  { ...clientOptions.required, issuer: siteOption, scope: requiredScopeOption },
  { clientSecret: secretOption, allowedScope: scopeOption },
)

/**
 * Describes Glewlwyd with its OpenID Connect plugin. Its errors have no body, so a scope that the user may not get
 * looks like a wrong password.
 *
 * Sources: babelouest/glewlwyd, docs/OAUTH2.md; the responses of version 2.7.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   glewlwyd({
 *     issuer: 'https://id.example.com/api/oidc',
 *     clientId: 'portal',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     scope: ['read'],
 *   })
 */
export function glewlwyd(options: GlewlwydOptions): ProviderDescription {
  const { issuer, ...clientConfig } = glewlwydOptions.parse(options)
  const { client, grantDefaults, scope } = createClientConfig(clientConfig)
  const authMethod =
    grantDefaults.clientAuth === 'post'
      ? ({ clientAuth: 'basic', basicEncoding: 'raw' } as const)
      : grantDefaults
  return {
    id: 'glewlwyd',
    label: 'Glewlwyd',
    client,
    token: { discovery: issuer, fallbackUrl: `${issuer}/token` },
    grants: { password: { ...authMethod, scope }, refresh_token: authMethod },
    errors: {
      map: [
        { status: 400, during: 'refresh', outcome: 'session_ended' },
        {
          status: 400,
          during: 'sign-in',
          outcome: 'configuration_error',
          hint: 'Glewlwyd rejected the client id, the client secret or the grant, and does not say which. Check all three',
        },
      ],
    },
    refresh: { mode: 'refresh_token' },
  }
}
