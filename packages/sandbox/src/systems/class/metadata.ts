/** The only business. The target of a scope contains its code. */
export const classBusiness: { readonly code: string; readonly name: string } = {
  code: 'OAUTH_TEST',
  name: 'OAuth Test Business',
}

export const target: string = `target:b/${classBusiness.code}`

/** Scopes about the user, which need no target. */
export const identityScopes: readonly string[] = [
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'class_profile',
]

/** Scopes that allow operations on the target. */
export const specifiers: readonly string[] = [
  'business.fund.create',
  'business.fund.list',
  'fund.read',
  'fund.maintain',
  'fund.details.read',
  'fund.member.read',
]

/** The scope of a sign-in that requests none, from the documentation's example. */
export const defaultScope: readonly string[] = [target, 'offline_access', 'business.fund.create', 'fund.read']

/** Creates the members that OpenID Connect Discovery 1.0 §3 requires, and others that a client of Class may read. */
export function createClassMetadata(base: string): Record<string, unknown> {
  return {
    issuer: base,
    authorization_endpoint: `${base}/connect/authorize`,
    token_endpoint: `${base}/connect/token`,
    userinfo_endpoint: `${base}/api/1.0/u/connect/userinfo`,
    jwks_uri: `${base}/.well-known/jwks`,
    scopes_supported: [...identityScopes, 'offline_access', ...specifiers],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code', 'password', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  }
}
