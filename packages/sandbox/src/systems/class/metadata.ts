/** The only business there is; a scope's target names it. */
export const classBusiness: { readonly code: string; readonly name: string } = {
  code: 'OAUTH_TEST',
  name: 'OAuth Test Business',
}

export const target: string = `target:b/${classBusiness.code}`

/** Scopes that say who the user is and need no target. */
export const identityScopes: readonly string[] = [
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'class_profile',
]

/** Scopes that say what of the target may be used. */
export const specifiers: readonly string[] = [
  'business.fund.create',
  'business.fund.list',
  'fund.read',
  'fund.maintain',
  'fund.details.read',
  'fund.member.read',
]

/** What is granted to those who ask for nothing: the scope of the documents' example. */
export const standingScope: readonly string[] = [
  target,
  'offline_access',
  'business.fund.create',
  'fund.read',
]

/** The members that OpenID Connect Discovery 1.0 §3 requires, and what else a client of Class may look for. */
export function classMetadata(base: string): Record<string, unknown> {
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
