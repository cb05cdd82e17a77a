import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../src/index.ts'
import { BffError, defineProvider } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'

const id = 'portal'
const secret = 's3cr+t %£'
const url = 'https://as.example.com/token'
const base: ProviderDescription = {
  id: 'own',
  client: { id, secret },
  token: { url },
  grants: { password: {}, refresh_token: {} },
  refresh: { mode: 'refresh_token' },
}

describe('a description is rejected with the member and the fix', () => {
  const withGrant = (password: object): object => ({ grants: { password, refresh_token: {} } })
  const withChallenge = (change: object): object => ({
    errors: { challenges: [{ when: { code: 'mfa' }, fields: {}, grant: 'password', ...change }] },
  })
  const text = { label: 'Text', type: 'text' }
  const automatic = {
    login: { mode: 'automatic' },
    grants: { client_credentials: {} },
    refresh: { mode: 'reissue' },
  }
  const userIsClient = {
    client: undefined,
    login: { userIsClient: true, username: 'client_id', fields: { client_id: text, client_secret: text } },
    signInGrant: 'own',
    grants: { own: { clientAuth: 'post' } },
    refresh: { mode: 'none' },
  }

  it.each<[string, object, string | RegExp]>([
    [
      'a user with the tokens',
      { response: { user: '/data', fields: { refresh_token: '/data/refresh_token' } } },
      'response.user: contains a token. Expected: a part without tokens, because the page gets it',
    ],
    ['a token as the user', { response: { user: '/id_token' } }, 'response.user: contains a token'],
    [
      'a token as the scope',
      { response: { fields: { scope: '/refresh_token' } } },
      'fields.scope: contains a token',
    ],
    [
      'the refresh token as the access token',
      { response: { fields: { access_token: '/refresh_token' } } },
      'response.fields.access_token: is the place of another token. Expected: the access token',
    ],
    [
      'the refresh token as the access token, with another place for itself',
      { response: { fields: { access_token: 'header:X-Refresh-Token', refresh_token: '/none' } } },
      'response.fields.access_token: is the place of another token',
    ],
    [
      'a token among the members for the page',
      { response: { extraUserFields: ['name', 'refresh_token'] } },
      'response.extraUserFields.1: contains a token or a secret. Expected: a member that the page may get',
    ],
    [
      'the envelope of the tokens among the members for the page',
      withGrant({ response: { extraUserFields: ['data'], fields: { access_token: '/data/access_token' } } }),
      'grants.password.response.extraUserFields.0: contains a token or a secret',
    ],
    ['an unknown member', { hooks: {} }, 'hooks: is unknown. Expected: one of id, label, client, login, '],
    [
      'an unknown member of a grant',
      withGrant({ rename: {} }),
      'grants.password.rename: is unknown. Expected: one of grantType, ',
    ],
    [
      'no id',
      { id: undefined },
      'id: is missing. Expected: a string. If it comes from an environment variable',
    ],
    ['plain http', { token: { url: 'http://as.example.com/' } }, 'token.url: is not https. Expected: https'],
    [
      'a fragment in a URL',
      { token: { url: `${url}#a` } },
      'token.url: has a fragment (#…). Expected: a URL without one',
    ],
    [
      'credentials in a URL',
      { token: { url: 'https://u:p@a.example/' } },
      'token.url: contains credentials (user:password@). Expected: a URL without them',
    ],
    [
      'a URL without a scheme',
      { token: { url: 'as.example.com' } },
      'token.url: is not an absolute URL. Expected: an https URL',
    ],
    ['no token endpoint', { token: {} }, 'token.url: is missing. Expected: a string. If it comes from'],
    [
      'a client_id in a URL',
      { token: { url: `${url}?client_id=a` } },
      'token.url: has the parameter client_id in its query. Expected: a URL without it',
    ],
    [
      'a password in a URL',
      { token: { url: `${url}?password=a` } },
      'token.url: has the parameter password in its query',
    ],
    [
      'an unknown flavour of discovery',
      { token: { discovery: url, flavour: 'saml' } },
      'token.flavour: is not valid. Expected: "oidc" or "oauth"',
    ],

    [
      'no client for Basic',
      { client: undefined },
      'client: is missing. Expected: the client that grants.password.clientAuth "basic" authenticates',
    ],
    [
      'no secret for Basic',
      { client: { id } },
      'client.secret: is missing. Expected: the secret that Basic sends. For a client without one, set grants.password.clientAuth to "none"',
    ],
    [
      'an empty client id',
      { client: { id: '', secret } },
      'client.id: is empty. Expected: a string. If it comes from an environment variable',
    ],
    [
      'a client without an id',
      { client: { id: undefined, secret } },
      'client.id: is missing. Expected: a string. If it comes from an environment variable',
    ],

    [
      'no field for the username',
      { login: { fields: { password: text } } },
      'login.fields.username: is missing. Expected: a field, because it names the user (login.username)',
    ],
    [
      'no field of the name in login.username',
      { login: { fields: { username: text, password: text }, username: 'email' } },
      'login.fields.email: is missing. Expected: a field',
    ],
    [
      'no field for the password',
      { login: { fields: { username: text } } },
      'login.fields.password: is missing. Expected: a field, because the password grant sends it',
    ],
    [
      'a field for the client secret',
      { login: { fields: { username: text, password: text, client_secret: text } } },
      'login.fields.client_secret: is not allowed. Expected: another name',
    ],
    [
      'a field for the grant type',
      { login: { fields: { username: text, password: text, grant_type: text } } },
      'login.fields.grant_type: is not allowed. Expected: another name',
    ],
    [
      'an unknown type of a field',
      { login: { fields: { username: { ...text, type: 'email' } } } },
      'login.fields.username.type: is not valid. Expected: "text", "password" or "otp"',
    ],
    [
      'a field without a label',
      { login: { fields: { username: { type: 'text' } } } },
      'login.fields.username.label: is missing. Expected: a string',
    ],
    [
      'a client although the user is the client',
      { ...userIsClient, client: { id, secret } },
      'client: is not allowed. Expected: no client, because login.userIsClient is true',
    ],
    [
      'no field for the secret although the user is the client',
      { ...userIsClient, login: { ...userIsClient.login, fields: { client_id: text } } },
      'login.fields.client_secret: is missing. Expected: a field, because login.userIsClient is true',
    ],
    [
      'an automatic login with fields',
      { ...automatic, login: { mode: 'automatic', fields: { a: text } } },
      'login.fields: is not empty. Expected: no fields, because login.mode is "automatic"',
    ],
    [
      'an automatic login without a client',
      { ...automatic, client: undefined, grants: { client_credentials: { clientAuth: 'none' } } },
      'client: is missing. Expected: a client with its secret, because login.mode is "automatic"',
    ],
    [
      'an automatic login that never gets a second token',
      { ...automatic, refresh: { mode: 'none' } },
      'refresh.mode: is "none". Expected: "reissue", here or in refresh.fallback',
    ],

    [
      'no grant for a sign-in',
      { grants: { refresh_token: {} } },
      'grants.password: is missing. Expected: the grant that sign-in runs',
    ],
    [
      'no grant of the name in signInGrant',
      { signInGrant: 'pin' },
      'grants.pin: is missing. Expected: the grant that sign-in runs. Add it to grants, or change signInGrant',
    ],
    [
      'no grant for an automatic login',
      { ...automatic, grants: { password: {} } },
      'grants.client_credentials: is missing. Expected: the grant that sign-in runs',
    ],
    [
      'GET with the client in the body',
      withGrant({ method: 'GET', clientAuth: 'post' }),
      'grants.password.clientAuth: is "post". Expected: "query", because a GET request has no body',
    ],
    [
      'GET with a form',
      withGrant({ method: 'GET', encoding: 'form' }),
      'grants.password.encoding: is "form". Expected: "query", because a GET request has no body',
    ],
    [
      'the client in a body that is not sent',
      withGrant({ encoding: 'none', clientAuth: 'post' }),
      'grants.password.clientAuth: is "post". Expected: another method, because the encoding "none" sends no body',
    ],
    [
      'the client in the query of a request with a body',
      withGrant({ clientAuth: 'query' }),
      'grants.password.clientAuth: is "query". Expected: "post", which stays out of server logs',
    ],
    ['PUT', withGrant({ method: 'PUT' }), 'grants.password.method: is not valid. Expected: "POST" or "GET"'],
    [
      'two scope values in one string',
      withGrant({ scope: { default: ['a b'] } }),
      'grants.password.scope.default.0: is not valid. Expected: one scope value without spaces',
    ],
    [
      'a quote in a scope value',
      withGrant({ scope: { allowed: ['a"b'] } }),
      'grants.password.scope.allowed.0: is not valid. Expected: one scope value',
    ],
    [
      'grant_type among the parameters',
      withGrant({ params: { grant_type: 'x' } }),
      'grants.password.params.grant_type: is not allowed here. Expected: another parameter',
    ],
    [
      'a client secret among the parameters',
      withGrant({ params: { client_secret: 'x' } }),
      'params.client_secret: is not allowed here',
    ],
    [
      'a fixed password',
      withGrant({ params: { password: 'p' } }),
      'params.password: is a fixed value. Expected: a template with a field of the user, such as "{password}{token}"',
    ],
    [
      'a placeholder without its field',
      withGrant({ params: { a: '{pin}' } }),
      'grants.password.params.a: uses {pin}, which is not a field of this grant. Expected: fields among username, password',
    ],
    [
      'a parameter that has the name of a field and does not use it',
      {
        ...withGrant({ params: { site: 'a' } }),
        login: { fields: { username: text, password: text, site: text } },
      },
      'grants.password.params.site: is also a field of the user. Expected: a template that contains {site}',
    ],
    [
      'a field of the user in a refresh',
      { grants: { password: {}, refresh_token: { params: { a: '{username}' } } } },
      'grants.refresh_token.params.a: uses {username}, which is not a field of this grant. Expected: no placeholder',
    ],
    [
      'a parameter that the token endpoint has in its query',
      { token: { url: `${url}?site=1` }, ...withGrant({ encoding: 'query', params: { site: 'a' } }) },
      'grants.password.params.site: is also in the query of token.url. Expected: one of the two',
    ],
    [
      'parameters that are not sent',
      withGrant({ encoding: 'none', clientAuth: 'user-basic', params: { a: 'b' } }),
      'grants.password.params: is not empty. Expected: no parameters, because the encoding "none" sends none',
    ],
    [
      'a header Authorization',
      withGrant({ headers: { authorization: 'x' } }),
      'grants.password.headers.authorization: is not allowed here. Expected: another header',
    ],
    [
      'a header with a line break',
      withGrant({ headers: { 'X-A': 'a\nb' } }),
      'grants.password.headers.X-A: is not valid. Expected: printable ASCII, because it is sent in a header',
    ],
    [
      'a header whose name has a space',
      withGrant({ headers: { 'X A': 'a' } }),
      'grants.password.headers.X A: is not the name of a header. Expected: letters, digits and hyphens',
    ],

    [
      'the whole response as the user',
      { response: { user: '' } },
      'response.user: is empty. Expected: a JSON pointer such as "/data"',
    ],
    [
      'a pointer without a slash',
      { response: { fields: { access_token: 'token' } } },
      'response.fields.access_token: is not valid. Expected: a JSON pointer such as "/data/token", "" or "header:Name"',
    ],
    [
      'an unknown unit of a lifetime',
      { response: { expiry: [{ from: '/a', as: 'minutes' }] } },
      'response.expiry.0.as: is not valid. Expected: "seconds", "ms", "epoch-s", "epoch-ms", "iso" or "http-date"',
    ],
    [
      'a fixed lifetime of 0',
      { response: { expiry: [{ seconds: 0 }] } },
      'response.expiry.0.seconds: is 0. Expected: a whole number of seconds above 0',
    ],
    [
      'a refresh token as a JWT',
      { response: { refreshExpiry: ['jwt-exp'] } },
      'response.refreshExpiry.0: is a string. Expected: an object with from and as or an object with seconds',
    ],
    [
      'a status code that does not exist',
      { errors: { map: [{ status: 1e308, outcome: 'access_denied' }] } },
      'errors.map.0.status: is 1e+308. Expected: a status code from 100 to 599',
    ],
    [
      'an unknown form of JSON',
      { response: { json: 'json5' } },
      'response.json: is not valid. Expected: "strict" or "trailing-commas"',
    ],

    [
      'an unknown outcome of an error',
      { errors: { map: [{ outcome: 'unknown' }] } },
      'errors.map.0.outcome: is not valid. Expected: "invalid_credentials", "session_ended", ',
    ],
    [
      'an error code without a pointer',
      { errors: { code: ['error'] } },
      'errors.code.0: is not valid. Expected: a JSON pointer',
    ],
    [
      'a challenge for every response',
      withChallenge({ when: {} }),
      'errors.challenges.0.when: is empty. Expected: at least one of status, code, contains and has',
    ],
    [
      'a challenge without its grant',
      withChallenge({ grant: 'pasword' }),
      'errors.challenges.0.grant: is unknown. Did you mean password? Expected: one of password, refresh_token',
    ],
    [
      'a challenge that forwards the whole response',
      withChallenge({ forward: { a: '' } }),
      'errors.challenges.0.forward.a: is empty. Expected: a JSON pointer',
    ],

    [
      'refresh tokens without their grant',
      { grants: { password: {} } },
      'grants.refresh_token: is missing. Expected: a grant, because refresh.mode is "refresh_token"',
    ],
    [
      'keep-alive without its endpoint',
      { refresh: { mode: 'keep_alive' } },
      'refresh.url: is missing. Expected: the keep-alive endpoint, because refresh.mode is "keep_alive"',
    ],
    [
      'a repeated sign-in with a password',
      { refresh: { mode: 'reissue' } },
      /refresh\.mode: is "reissue"\. Expected: another value, .* must not be stored/,
    ],
    [
      'a repeated sign-in with a password as the fallback',
      { refresh: { mode: 'refresh_token', fallback: 'reissue' } },
      'refresh.fallback: is "reissue". Expected: another value',
    ],
    [
      'a stored password',
      { refresh: { mode: 'reissue', storeCredentials: true } },
      /refresh\.storeCredentials: is true\. Expected: false, .* never a password/,
    ],
    [
      'a repeated sign-in without the credentials for it',
      { ...userIsClient, refresh: { mode: 'reissue' } },
      'refresh.storeCredentials: is false. Expected: true, because "reissue" sends the credentials of the user again',
    ],

    [
      'a base URL without TLS',
      { resource: { baseUrls: ['http://api.example.com'] } },
      'resource.baseUrls.0: is not https',
    ],
    [
      'a base URL with a query',
      { resource: { baseUrls: ['https://api.example.com?a'] } },
      'resource.baseUrls.0: has a query (?…). Expected: a URL without one',
    ],
    [
      'a host suffix that other domains end in',
      { resource: { baseUrlFrom: { from: '/u', hostSuffix: 'example.com' } } },
      'resource.baseUrlFrom.hostSuffix: is not valid. Expected: a suffix that begins with a dot',
    ],
    [
      'a scheme of two words',
      { resource: { tokenPlacement: { scheme: 'Bearer x' } } },
      'resource.tokenPlacement.scheme: is not valid. Expected: a scheme such as "Bearer", or ""',
    ],
    [
      'a rule without values',
      { resource: { tokenRejection: { ignoreIf: { pointer: '/a', in: [] } } } },
      'resource.tokenRejection.ignoreIf.in: is empty. Expected: at least 1 entry',
    ],
    [
      'a revocation endpoint without TLS',
      { revocation: { url: 'http://as.example.com/' } },
      'revocation.url: is not https',
    ],
  ])('for %s', (_, change, message) => {
    const define = (): unknown => defineProvider({ ...base, ...change })
    expect(define).toThrow(BffError)
    expect(define).toThrow(message)
    expect(define).not.toThrow(secret)
    expect(define).not.toThrow('Invalid')
  })

  it('with everything that is wrong in one message', () => {
    const wrong = { ...base, id: '', token: {}, refresh: { mode: 'never' } } as unknown as ProviderDescription
    expect(() => defineProvider(wrong)).toThrow(/id: .*\n.*token\.url: .*\n.*refresh\.mode: /)
  })
})

it('accepts plain http on loopback hosts', () => {
  for (const host of ['localhost:1', '127.0.0.1', '[::1]:1', 'as.localhost'])
    expect(() => defineProvider(oauth2({ tokenEndpoint: `http://${host}/token` }))).not.toThrow()
  expect(() => oauth2({ tokenEndpoint: 'http://localhost.evil.example/' })).toThrow('https')
})

it('returns a valid description unchanged', () => {
  expect(defineProvider(base)).toBe(base)
})
