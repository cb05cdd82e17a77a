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

describe('a description that cannot be used', () => {
  const password = (grant: object): object => ({ grants: { password: grant, refresh_token: {} } })
  const challenge = (one: object): object => ({
    errors: { challenges: [{ when: { code: 'mfa' }, fields: {}, grant: 'password', ...one }] },
  })
  const text = { label: 'Text', type: 'text' }
  const automatic = {
    login: { mode: 'automatic' },
    grants: { client_credentials: {} },
    refresh: { mode: 'reissue' },
  }
  const typedClient = {
    client: undefined,
    login: { userIsClient: true, username: 'client_id', fields: { client_id: text, client_secret: text } },
    signInGrant: 'own',
    grants: { own: { clientAuth: 'post' } },
    refresh: { mode: 'none' },
  }

  it.each<[string, object, string | RegExp]>([
    ['an unknown field', { hooks: {} }, 'the description: Unrecognized key: "hooks"'],
    ['an unknown field of a grant', password({ rename: {} }), 'grants.password: Unrecognized key: "rename"'],
    ['no id', { id: undefined }, 'id: must be a text; is the environment variable it comes from set'],
    ['an endpoint without TLS', { token: { url: 'http://as.example.com/' } }, 'token.url: must be https'],
    ['an endpoint with a fragment', { token: { url: `${url}#a` } }, 'token.url: must have no fragment'],
    [
      'an endpoint with credentials',
      { token: { url: 'https://u:p@a.example/' } },
      'token.url: must hold no credentials',
    ],
    ['no URL', { token: { url: 'as.example.com' } }, 'token.url: is not an absolute URL'],
    ['no endpoint at all', { token: {} }, 'token.url: must be a text; is the environment variable'],
    [
      'an endpoint with a parameter of ours',
      { token: { url: `${url}?client_id=a` } },
      'token.url: must not hold client_id in its query',
    ],
    [
      'an endpoint with a password',
      { token: { url: `${url}?password=a` } },
      'token.url: must not hold password',
    ],
    ['an odd flavour', { token: { discovery: url, flavour: 'saml' } }, 'token.flavour: Invalid option'],

    [
      'no client for Basic',
      { client: undefined },
      'client: must be given, because grants.password.clientAuth is "basic"',
    ],
    [
      'no secret for Basic',
      { client: { id } },
      'client.secret: must be given for Basic; a client without one has clientAuth "none"',
    ],
    [
      'an empty client id',
      { client: { id: '', secret } },
      'client.id: must not be empty; is the environment variable',
    ],
    [
      'a client id that is no text',
      { client: { id: undefined, secret } },
      'client.id: must be a text; is the environment variable',
    ],

    [
      'no username',
      { login: { fields: { password: text } } },
      'login.fields.username: must be described, because it names the user (see login.username)',
    ],
    [
      'another username',
      { login: { fields: { username: text, password: text }, username: 'email' } },
      'login.fields.email: must be described',
    ],
    [
      'no password',
      { login: { fields: { username: text } } },
      'login.fields.password: must be described, because the password grant sends it',
    ],
    [
      'a client secret to be typed',
      { login: { fields: { username: text, password: text, client_secret: text } } },
      'login.fields.client_secret: must not be typed by a person',
    ],
    [
      'a grant_type to be typed',
      { login: { fields: { username: text, password: text, grant_type: text } } },
      'login.fields.grant_type: must not be typed',
    ],
    [
      'a field of another type',
      { login: { fields: { username: { ...text, type: 'email' } } } },
      'login.fields.username.type',
    ],
    [
      'a field without a label',
      { login: { fields: { username: { type: 'text' } } } },
      'login.fields.username.label: must be a text',
    ],
    [
      'a client beside a person who is one',
      { ...typedClient, client: { id, secret } },
      'client: must be absent, because login.userIsClient is true',
    ],
    [
      'a person who is the client and types no secret',
      { ...typedClient, login: { ...typedClient.login, fields: { client_id: text } } },
      'login.fields.client_secret: must be described, because login.userIsClient',
    ],
    [
      'an automatic login with fields',
      { ...automatic, login: { mode: 'automatic', fields: { a: text } } },
      'login.fields: must be empty: nobody types anything',
    ],
    [
      'an automatic login without a client',
      { ...automatic, client: undefined, grants: { client_credentials: { clientAuth: 'none' } } },
      'client: must be given: the application signs itself in',
    ],
    [
      'an automatic login that asks once',
      { ...automatic, refresh: { mode: 'none' } },
      'refresh.mode: must be "reissue", or fallback be',
    ],

    [
      'no primary grant',
      { grants: { refresh_token: {} } },
      'grants.password: must be described: a sign-in runs it',
    ],
    ['another primary grant', { signInGrant: 'pin' }, 'grants.pin: must be described: a sign-in runs it'],
    [
      'no grant of an automatic login',
      { ...automatic, grants: { password: {} } },
      'grants.client_credentials: must be described',
    ],
    [
      'a body of GET',
      password({ method: 'GET', clientAuth: 'post' }),
      'grants.password.clientAuth: must not be "body" when the method is GET, which has none: use "query"',
    ],
    [
      'a form of GET',
      password({ method: 'GET', encoding: 'form' }),
      'grants.password.encoding: must be "query" when the method is GET',
    ],
    [
      'a body that is not sent',
      password({ encoding: 'none', clientAuth: 'post' }),
      'grants.password.clientAuth: must not be "body" when the encoding is "none"',
    ],
    [
      'a query beside a body',
      password({ clientAuth: 'query' }),
      /grants\.password\.clientAuth: must not be "query" .*: use "body"/,
    ],
    ['PUT', password({ method: 'PUT' }), 'grants.password.method'],
    [
      'two values in one scope',
      password({ scope: { default: ['a b'] } }),
      'grants.password.scope.default.0: must be one scope value: no space',
    ],
    [
      'a quote in a scope',
      password({ scope: { allowed: ['a"b'] } }),
      'grants.password.scope.allowed.0: must be one scope value',
    ],
    [
      'a parameter twice',
      password({ params: { grant_type: 'x' } }),
      'grants.password.params.grant_type: must not be set here: the grant writes it',
    ],
    [
      'a secret among parameters',
      password({ params: { client_secret: 'x' } }),
      'params.client_secret: must not be set here',
    ],
    [
      'a password in the description',
      password({ params: { password: 'p' } }),
      'params.password: must come from what a person typed, as in "{password}{token}"',
    ],
    [
      'a template of nothing',
      password({ params: { a: '{pin}' } }),
      'grants.password.params.a: names {pin}, which nobody types for this grant',
    ],
    [
      'a parameter that a person types as well',
      {
        ...password({ params: { site: 'a' } }),
        login: { fields: { username: text, password: text, site: text } },
      },
      'grants.password.params.site: must not be set here: a person types site',
    ],
    [
      'what a person typed in a refresh, where nobody types',
      { grants: { password: {}, refresh_token: { params: { a: '{username}' } } } },
      'grants.refresh_token.params.a: names {username}, which nobody types for this grant',
    ],
    [
      'a parameter that the address has already',
      { token: { url: `${url}?site=1` }, ...password({ encoding: 'query', params: { site: 'a' } }) },
      'grants.password.params.site: must not be set here: the query of token.url has it already',
    ],
    [
      'parameters that would not be sent',
      password({ encoding: 'none', clientAuth: 'user-basic', params: { a: 'b' } }),
      'grants.password.params: must be empty, because an encoding of "none"',
    ],
    [
      'an Authorization of its own',
      password({ headers: { authorization: 'x' } }),
      'grants.password.headers.authorization: must not be set here',
    ],
    [
      'a header of two lines',
      password({ headers: { 'X-A': 'a\nb' } }),
      'grants.password.headers.X-A: must be visible ASCII',
    ],
    [
      'a name that is no header',
      password({ headers: { 'X A': 'a' } }),
      'grants.password.headers.X A: must be the name of a header',
    ],

    [
      'the whole answer as the user',
      { response: { user: '' } },
      'response.user: must be a JSON pointer such as "/data"',
    ],
    [
      'a place that is none',
      { response: { fields: { access_token: 'token' } } },
      /response\.fields\.access_token: must be a JSON pointer .* or "header:Name"/,
    ],
    ['a lifetime of no unit', { response: { expiry: [{ from: '/a', as: 'minutes' }] } }, 'response.expiry.0'],
    ['a lifetime of nothing', { response: { expiry: [{ seconds: 0 }] } }, 'response.expiry.0'],
    [
      'a refresh token that is a JWT',
      { response: { refreshExpiry: ['jwt-exp'] } },
      'response.refreshExpiry.0',
    ],
    ['JSON of another kind', { response: { json: 'json5' } }, 'response.json'],

    ['a meaning that is none', { errors: { map: [{ as: 'unknown' }] } }, 'errors.map.0.outcome'],
    ['a code at no place', { errors: { code: ['error'] } }, 'errors.code.0: must be a JSON pointer'],
    [
      'a challenge at any answer',
      challenge({ when: {} }),
      'errors.challenges.0.when: must say which refusal is meant',
    ],
    [
      'a challenge without its grant',
      challenge({ grant: 'otp' }),
      'errors.challenges.0.grant: must be a grant that grants describes',
    ],
    [
      'a challenge that carries all',
      challenge({ forward: { a: '' } }),
      'errors.challenges.0.forward.a: must be a JSON pointer',
    ],

    [
      'a refresh without its grant',
      { grants: { password: {} } },
      'grants.refresh_token: must be described, because refresh.mode is "refresh_token"',
    ],
    [
      'no place to keep alive at',
      { refresh: { mode: 'keep_alive' } },
      'refresh.url: must be given, because refresh.mode is "keep_alive"',
    ],
    [
      'asking again for a person',
      { refresh: { mode: 'reissue' } },
      'refresh.storeCredentials: must be true, or the login automatic',
    ],
    [
      'asking again for want of a refresh token',
      { refresh: { mode: 'refresh_token', fallback: 'reissue' } },
      'refresh.storeCredentials: must be true',
    ],
    [
      'keeping a password',
      { refresh: { mode: 'reissue', storeCredentials: true } },
      /refresh\.storeCredentials: must be false: .* never a password/,
    ],

    [
      'a base without TLS',
      { resource: { baseUrls: ['http://api.example.com'] } },
      'resource.baseUrls.0: must be https',
    ],
    [
      'a base with a query',
      { resource: { baseUrls: ['https://api.example.com?a'] } },
      'resource.baseUrls.0: must have no query',
    ],
    [
      'any host as a base',
      { resource: { baseUrlFrom: { from: '/u', hostSuffix: 'example.com' } } },
      'hostSuffix: must begin with a dot, for example ".example.com"',
    ],
    [
      'a scheme of two words',
      { resource: { tokenPlacement: { scheme: 'Bearer x' } } },
      'resource.tokenPlacement',
    ],
    [
      'a rule of no values',
      { resource: { tokenRejection: { ignoreIf: { pointer: '/a', in: [] } } } },
      'resource.tokenRejection.ignoreIf.in',
    ],
    [
      'a revocation without TLS',
      { revocation: { url: 'http://as.example.com/' } },
      'revocation.url: must be https',
    ],
  ])('for %s names the field and what would be right', (_, change, message) => {
    const define = (): unknown => defineProvider({ ...base, ...change })
    expect(define).toThrow(BffError)
    expect(define).toThrow(message)
    expect(define).not.toThrow(secret)
  })

  it('names everything that is wrong at once', () => {
    const wrong = { ...base, id: '', token: {}, refresh: { mode: 'never' } } as unknown as ProviderDescription
    expect(() => defineProvider(wrong)).toThrow(/id: .*\n.*token\.url: .*\n.*refresh\.mode: /)
  })

  it('is none for a loopback host without TLS', () => {
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:1', 'as.localhost'])
      expect(() => defineProvider(oauth2({ tokenEndpoint: `http://${host}/token` }))).not.toThrow()
    expect(() => defineProvider(oauth2({ tokenEndpoint: 'http://localhost.evil.example/' }))).toThrow('https')
  })
})

it('gives a description back as it is', () => {
  expect(defineProvider(base)).toBe(base)
})
