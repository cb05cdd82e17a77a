import { z } from 'zod'
import { BffError } from './errors.ts'
import { endpointFault } from './secure-url.ts'

/** Parameters that a grant writes itself, so that nothing else may (RFC 6749 §3.2: none twice). */
const reserved = [
  'grant_type',
  'username',
  'password',
  'scope',
  'refresh_token',
  'client_id',
  'client_secret',
  'token',
]

const text = z
  .string({ error: 'must be a text; is the environment variable it comes from set?' })
  .min(1, 'must not be empty; is the environment variable it comes from set?')

const endpoint = text.superRefine((url, context) => {
  const fault = endpointFault(url) ?? doubledParameter(url)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

const scopeValue = z
  .string()
  .regex(
    /^[\u0021\u0023-\u005b\u005d-\u007e]+$/,
    'must be one scope value: no space, quote or backslash (RFC 6749 §3.3)',
  )

const params = z
  .record(z.string(), z.string())
  .refine((own) => !Object.keys(own).some((name) => reserved.includes(name)), {
    error: `must not hold ${reserved.join(', ')}: the grant writes these itself`,
  })

const grant = z
  .strictObject({
    /** GET puts everything into the query; only for servers that know nothing else. */
    method: z.enum(['POST', 'GET']).default('POST'),
    /** How the client shows who it is; `none` sends at most its id. RFC 6749 §2.3.1. */
    clientAuth: z.enum(['basic', 'body', 'query', 'none']).default('basic'),
    /** Whether Basic form-encodes id and secret first, as RFC 6749 appendix B asks, or not, as many servers expect. */
    basicEncoding: z.enum(['form', 'raw']).default('form'),
    /** Further parameters, as they are: `audience`, `resource`, `platform`. */
    params: params.default({}),
    scope: z
      .strictObject({
        /** Asked for when the page asks for nothing. */
        default: z.array(scopeValue).default([]),
        /** What a page may ask for; the default alone when absent. */
        allowed: z.array(scopeValue).optional(),
      })
      .default({ default: [] }),
  })
  .refine((own) => own.method === 'POST' || own.clientAuth !== 'body', {
    path: ['clientAuth'],
    error: 'must not be "body" when the method is GET, which has none: use "query"',
  })
  .refine((own) => own.method === 'GET' || own.clientAuth !== 'query', {
    path: ['clientAuth'],
    error: 'must not be "query" when the method is POST: use "body", which stays out of server logs',
  })

/** A place in a JSON answer, RFC 6901; never the whole of it, which holds the tokens. */
const pointer = z.string().regex(/^(\/[^/]+)+$/, 'must be a JSON pointer such as "/data"')

const description = z
  .strictObject({
    /** Names the provider; part of what tells two users apart. */
    id: text,
    label: text.optional(),
    /** Who this BFF is at the authorization server. Because of the secret, a description stays on the server. */
    client: z.strictObject({ id: text, secret: text.optional() }).optional(),
    login: z
      .strictObject({
        mode: z.literal('form').default('form'),
        /** What a person types, by the name of the parameter it is sent as. */
        fields: z.record(
          z.string(),
          z.strictObject({
            label: text,
            type: z.enum(['text', 'password']),
            optional: z.boolean().default(false),
          }),
        ),
      })
      .default({
        mode: 'form',
        fields: {
          username: { label: 'Username', type: 'text', optional: false },
          password: { label: 'Password', type: 'password', optional: false },
        },
      }),
    token: z.union(
      [
        z.strictObject({ url: endpoint }),
        z.strictObject({
          /** The issuer, or the address of its discovery document. */
          discovery: endpoint,
          flavour: z.enum(['oidc', 'oauth']).default('oidc'),
          /** The issuer that the document must name, where it does not follow from the address. */
          issuer: text.optional(),
          /** The token endpoint to use when no document can be had. */
          fallbackUrl: endpoint.optional(),
        }),
      ],
      { error: 'must hold a url, or discovery; is the environment variable it comes from set?' },
    ),
    grants: z.strictObject({ password: grant, refresh_token: grant.optional() }),
    /** The grant that a sign-in runs. */
    primary: z.literal('password').default('password'),
    response: z
      .strictObject({
        /** What an answer without `token_type` means (RFC 6749 §5.1 requires one). */
        defaultTokenType: text.optional(),
        /** Where the lifetime of a token is found; the first that can be used counts. */
        expiry: z
          .array(
            z.union([
              z.strictObject({ from: text, as: z.literal('seconds') }),
              z.strictObject({ seconds: z.int().positive() }),
            ]),
          )
          .default([{ from: 'expires_in', as: 'seconds' }]),
        /** Where the answer describes the user. */
        user: pointer.optional(),
      })
      .prefault({}),
    errors: z
      .strictObject({
        /** What failures mean where they do not mean what RFC 6749 §5.2 says; the first that fits counts. */
        map: z
          .array(
            z.strictObject({
              status: z.int().optional(),
              code: text.optional(),
              /** Words of the `error_description`. */
              contains: text.optional(),
              as: z.enum(['bad_credentials', 'session_ended', 'config', 'rate_limited', 'transient']),
            }),
          )
          .default([]),
      })
      .prefault({}),
    refresh: z.strictObject({ mode: z.enum(['refresh_token', 'none']) }),
    resource: z
      .strictObject({
        /** How a token is shown to the resource server; the scheme is taken as it is spelt here. */
        attach: z
          .strictObject({
            header: z.literal('Authorization').default('Authorization'),
            scheme: z
              .string()
              .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be a scheme such as "Bearer"')
              .default('Bearer'),
          })
          .prefault({}),
        /** Whether a 401 may also mean that the scope is too small, so that it says nothing about the token. */
        unauthorizedMayMeanScope: z.boolean().default(false),
      })
      .prefault({}),
    /** Where a sign-out gives tokens back (RFC 7009), when discovery does not tell. */
    revocation: z.strictObject({ url: endpoint }).optional(),
  })
  .superRefine((own, context) => {
    const fault = (message: string, ...path: string[]): void =>
      context.addIssue({ code: 'custom', message, path })
    if (own.refresh.mode === 'refresh_token' && !own.grants.refresh_token)
      fault('must be described, because refresh.mode is "refresh_token"', 'grants', 'refresh_token')
    for (const [name, one] of Object.entries(own.grants)) {
      if (one && one.clientAuth !== 'none' && !own.client)
        fault(`must be given, because grants.${name}.clientAuth is "${one.clientAuth}"`, 'client')
      if (one?.clientAuth === 'basic' && own.client && own.client.secret === undefined)
        fault('must be given for Basic; a client without one has clientAuth "none"', 'client', 'secret')
    }
    for (const name of ['username', 'password'])
      if (!Object.hasOwn(own.login.fields, name))
        fault('must be described: the password grant sends it (RFC 6749 §4.3.2)', 'login', 'fields', name)
    for (const name of Object.keys(own.login.fields))
      if (reserved.includes(name) && name !== 'username' && name !== 'password')
        fault('must not be typed by a person: the grant writes it itself', 'login', 'fields', name)
  })

/** One authorization server and how it is spoken to: plain data that survives JSON, without functions. */
export type ProviderDescription = z.input<typeof description>

/** A description that was found good, with every default in its place. */
export type Provider = z.output<typeof description>

/** One way to ask for a token. */
export type Grant = Provider['grants']['password']

/**
 * Checks the description of a provider and returns it as it is.
 *
 * @throws BffError `server_error` whose message names every field that is wrong, and what would be right
 */
export function defineProvider(own: ProviderDescription): ProviderDescription {
  providerFrom(own)
  return own
}

/** Reads a description: see {@link defineProvider}. */
export function providerFrom(own: ProviderDescription): Provider {
  const read = description.safeParse(own)
  if (read.success) return read.data
  const faults = read.error.issues.map(
    ({ path, message }) => `  ${path.join('.') || 'the description'}: ${message}`,
  )
  throw new BffError('server_error', `The provider description cannot be used:\n${faults.join('\n')}`)
}

function doubledParameter(url: string): string | null {
  const own = [...new URL(url).searchParams.keys()].find((name) => reserved.includes(name))
  return own === undefined ? null : `must not hold ${own} in its query: the request writes it itself`
}
