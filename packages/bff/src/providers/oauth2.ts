import type { ProviderDescription } from '../description/provider-description.ts'

/** What {@link oauth2} needs to know. */
export type OAuth2Options = (
  | { tokenEndpoint: string; issuer?: undefined }
  /** The issuer: its discovery document names the token endpoint, and the revocation endpoint where there is one. */
  | { issuer: string; tokenEndpoint?: undefined }
) & {
  /**
   * What a sign-in runs: `password` (the default) with what a person types, or `client_credentials`, by which the
   * application signs itself in and `authorize` says who may use its token.
   */
  grant?: 'password' | 'client_credentials'
  clientId?: string
  clientSecret?: string
  /** How the client shows who it is; `basic` with a secret and `none` without one, unless told otherwise. */
  clientAuth?: 'basic' | 'post' | 'none'
  /** `form` encodes id and secret before Basic, as RFC 6749 asks; `raw` does not, as many servers expect. */
  basicEncoding?: 'form' | 'raw'
  /** What a sign-in asks for. */
  scope?: string[]
  /** What a page may ask for instead; `scope` when absent. */
  allowedScope?: string[]
  /** Further parameters of the sign-in, such as `audience` or `resource`. */
  params?: Record<string, string>
  /** Whether refresh tokens are used; `true` unless told otherwise. */
  refresh?: boolean
  revocationEndpoint?: string
  /** Seconds a token lives when its answer does not say. */
  defaultLifetime?: number
  /** Where the answer describes the user, as a JSON pointer. */
  user?: string
  /** What failures of this server mean, where it does not follow RFC 6749 §5.2. */
  errors?: NonNullable<ProviderDescription['errors']>['map']
  /** What an answer without `token_type` means. */
  defaultTokenType?: string
  /** Tells users of this provider from those of others; `oauth2` unless told otherwise. */
  id?: string
}

/** A server that follows RFC 6749, or nearly. */
export function oauth2(options: OAuth2Options): ProviderDescription {
  const clientAuth = options.clientAuth ?? (options.clientSecret === undefined ? 'none' : 'basic')
  const authMethod = { clientAuth, basicEncoding: options.basicEncoding ?? 'form' }
  const automatic = options.grant === 'client_credentials'
  const refresh = options.refresh === false ? 'none' : 'refresh_token'
  return {
    id: options.id ?? 'oauth2',
    ...(options.clientId !== undefined && {
      client: {
        id: options.clientId,
        ...(options.clientSecret !== undefined && { secret: options.clientSecret }),
      },
    }),
    token: options.issuer === undefined ? { url: options.tokenEndpoint } : { discovery: options.issuer },
    ...(automatic && { login: { mode: 'automatic' as const } }),
    grants: {
      [options.grant ?? 'password']: {
        ...authMethod,
        params: options.params ?? {},
        scope: {
          default: options.scope ?? [],
          ...(options.allowedScope && { allowed: options.allowedScope }),
        },
      },
      refresh_token: authMethod,
    },
    response: {
      expiry: [
        { from: '/expires_in', as: 'seconds' as const },
        ...(options.defaultLifetime === undefined ? [] : [{ seconds: options.defaultLifetime }]),
      ],
      ...(options.user !== undefined && { user: options.user }),
      ...(options.defaultTokenType !== undefined && { defaultTokenType: options.defaultTokenType }),
    },
    errors: { map: options.errors ?? [] },
    refresh: automatic ? { mode: 'reissue' } : { mode: refresh },
    ...(options.revocationEndpoint !== undefined && { revocation: { url: options.revocationEndpoint } }),
  }
}
