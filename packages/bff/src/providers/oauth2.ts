import type { ProviderDescription } from '../description/provider-description.ts'
import {
  createChoiceOption,
  definePresetOptions,
  errorRulesOption,
  exactEndpointOption,
  exactSecretOption,
  exactTextOption,
  flagOption,
  lifetimeOption,
  paramsOption,
  pointerOption,
  scopeOption,
} from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link oauth2}: either `tokenEndpoint` or `issuer`, and any of the others. */
export type OAuth2Options = (
  | {
      /** The URL of the token endpoint. */
      tokenEndpoint: string
      issuer?: undefined
    }
  | {
      /** The issuer, whose discovery document names the token endpoint and the revocation endpoint. */
      issuer: string
      tokenEndpoint?: undefined
    }
) & {
  /**
   * The grant that a sign-in runs: `password` (also when absent) for users, or `client_credentials` for the application
   * itself, which requires `authorize` in `createBff`.
   */
  grant?: 'password' | 'client_credentials'
  /** The client id; without one, requests name no client. */
  clientId?: string
  /** The client secret; none when absent. */
  clientSecret?: Secret
  /** The client authentication method; `basic` with a secret and `none` without one when absent. */
  clientAuth?: 'basic' | 'post' | 'none'
  /**
   * Whether Basic form-encodes id and secret first (RFC 6749 appendix B); `form` when absent, many servers need `raw`.
   */
  basicEncoding?: 'form' | 'raw'
  /** The scope that a sign-in requests; none when absent. */
  scope?: string[]
  /** The values that a page may request instead; those of `scope` when absent. */
  allowedScope?: string[]
  /** Further parameters of the sign-in, for example `audience` or `resource`; none when absent. */
  params?: Record<string, string>
  /** Whether sessions use refresh tokens; `true` when absent. */
  refresh?: boolean
  /** The URL of the revocation endpoint (RFC 7009); the one in the discovery document, or none, when absent. */
  revocationEndpoint?: string
  /** The lifetime in seconds of a token whose response does not say; unknown when absent. */
  defaultLifetime?: number
  /** Where the response describes the user, as a JSON pointer; it does not when absent. */
  user?: string
  /**
   * What errors mean where the server does not follow RFC 6749 §5.2: `errors.map` of a description; none when absent.
   */
  errors?: NonNullable<ProviderDescription['errors']>['map']
  /** The token type of a response without `token_type`; such a response is an error when absent. */
  defaultTokenType?: string
  /** Names the provider and tells its users from those of other providers; `oauth2` when absent. */
  id?: string
}

/** The options of {@link oauth2}, and how they are checked. */
export const oauth2Options = definePresetOptions<OAuth2Options>(
  'oauth2',
  {},
  {
    tokenEndpoint: exactEndpointOption,
    issuer: exactEndpointOption,
    grant: createChoiceOption('password', 'client_credentials'),
    clientId: exactTextOption,
    clientSecret: exactSecretOption,
    clientAuth: createChoiceOption('basic', 'post', 'none'),
    basicEncoding: createChoiceOption('form', 'raw'),
    scope: scopeOption,
    allowedScope: scopeOption,
    params: paramsOption,
    refresh: flagOption,
    revocationEndpoint: exactEndpointOption,
    defaultLifetime: lifetimeOption,
    user: pointerOption,
    errors: errorRulesOption,
    defaultTokenType: exactTextOption,
    id: exactTextOption,
  },
  ({ tokenEndpoint, issuer }) => {
    if (tokenEndpoint === undefined && issuer === undefined)
      return [{ path: ['tokenEndpoint'], message: 'is missing. Expected: tokenEndpoint or issuer' }]
    return tokenEndpoint !== undefined && issuer !== undefined
      ? [{ path: ['issuer'], message: 'is not allowed beside tokenEndpoint. Expected: one of the two' }]
      : []
  },
)

/**
 * Describes a server that follows RFC 6749, or nearly.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   oauth2({
 *     tokenEndpoint: 'https://id.example.com/oauth/token',
 *     clientId: 'portal',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     scope: ['read'],
 *   })
 */
export function oauth2(options: OAuth2Options): ProviderDescription {
  const { tokenEndpoint, issuer, clientId, clientSecret, defaultLifetime, user, ...others } =
    oauth2Options.parse(options)
  const { grant = 'password', scope = [], allowedScope, params = {}, errors = [], id = 'oauth2' } = others
  const { clientAuth = clientSecret === undefined ? 'none' : 'basic', basicEncoding = 'form' } = others
  const authMethod = { clientAuth, basicEncoding }
  const isAutomatic = grant === 'client_credentials'
  const refresh = others.refresh === false ? 'none' : 'refresh_token'
  return {
    id,
    ...(clientId !== undefined && {
      client: { id: clientId, ...(clientSecret !== undefined && { secret: clientSecret }) },
    }),
    token: issuer === undefined ? { url: tokenEndpoint } : { discovery: issuer },
    ...(isAutomatic && { login: { mode: 'automatic' as const } }),
    grants: {
      [grant]: {
        ...authMethod,
        params,
        scope: { default: scope, ...(allowedScope && { allowed: allowedScope }) },
      },
      refresh_token: authMethod,
    },
    response: {
      expiry: [
        { from: '/expires_in', as: 'seconds' as const },
        ...(defaultLifetime === undefined ? [] : [{ seconds: defaultLifetime }]),
      ],
      ...(user !== undefined && { user }),
      ...(others.defaultTokenType !== undefined && { defaultTokenType: others.defaultTokenType }),
    },
    errors: { map: errors },
    refresh: isAutomatic ? { mode: 'reissue' } : { mode: refresh },
    ...(others.revocationEndpoint !== undefined && { revocation: { url: others.revocationEndpoint } }),
  }
}
