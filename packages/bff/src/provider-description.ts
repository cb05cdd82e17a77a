import { z } from 'zod'
import { errors, response } from './description/answers.ts'
import { grant } from './description/grant.ts'
import { resource } from './description/resource.ts'
import { endpoint, field, reserved, text } from './description/values.ts'
import { BffError } from './errors.ts'
import { placeholdersOf } from './template.ts'

const shape = z.strictObject({
  /** Names the provider; part of what tells two users apart. */
  id: text,
  label: text.optional(),
  /** Who this BFF is at the authorization server. Because of the secret, a description stays on the server. */
  client: z.strictObject({ id: text, secret: text.optional() }).optional(),
  login: z
    .strictObject({
      /** `automatic` signs the application itself in, with its client secret and nobody's password. */
      mode: z.enum(['form', 'automatic']).default('form'),
      /** What a person types, by the name of the parameter it is sent as. */
      fields: z.record(z.string(), field).default({}),
      /** The field that names the user. */
      username: text.default('username'),
      /** Whether the person is the client, whose id and secret are typed into the fields `client_id` and `client_secret`. */
      asClient: z.boolean().default(false),
    })
    .default({
      mode: 'form',
      fields: {
        username: { label: 'Username', type: 'text', optional: false },
        password: { label: 'Password', type: 'password', optional: false },
      },
      username: 'username',
      asClient: false,
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
  /** By their names in RFC 6749 (`password`, `client_credentials`, `refresh_token`), and any that a challenge runs. */
  grants: z.record(z.string(), grant),
  /** The grant that a sign-in runs; `password`, or `client_credentials` where the login is automatic. */
  primary: text.optional(),
  response: response.prefault({}),
  errors: errors.prefault({}),
  refresh: z.strictObject({
    /** How the next token is had: `reissue` asks again, `keep_alive` shows the token that is still good. */
    mode: z.enum(['refresh_token', 'reissue', 'keep_alive', 'none']),
    /** Where a token is kept alive. */
    url: endpoint.optional(),
    /** What happens where no refresh token came, or is good no more. */
    whenMissing: z.enum(['sign-in', 'reissue']).default('sign-in'),
    /**
     * Keeps what was typed, sealed in the session, so that `reissue` can ask again without the person. Only where the
     * person is the client: a password is never kept (RFC 6749 §4.3.1).
     */
    keepCredentials: z.boolean().default(false),
  }),
  resource: resource.prefault({}),
  /** Where a sign-out gives tokens back (RFC 7009), when discovery does not tell; `bearer` shows the token itself. */
  revocation: z
    .strictObject({ url: endpoint, auth: z.enum(['client', 'bearer']).default('client') })
    .optional(),
})

const description = shape
  .superRefine((own, context) => {
    const fault = (message: string, ...path: string[]): void =>
      context.addIssue({ code: 'custom', message, path })
    const { client, login, grants, refresh, errors: refusals } = own
    const primary = primaryOf(own)
    const automatic = login.mode === 'automatic'
    const fields = Object.keys(login.fields)

    if (!Object.hasOwn(grants, primary)) fault('must be described: a sign-in runs it', 'grants', primary)
    for (const [name, one] of Object.entries(grants)) {
      if (['basic', 'body', 'query'].includes(one.clientAuth) && !client && !login.asClient)
        fault(`must be given, because grants.${name}.clientAuth is "${one.clientAuth}"`, 'client')
      if (one.clientAuth === 'basic' && client && client.secret === undefined)
        fault('must be given for Basic; a client without one has clientAuth "none"', 'client', 'secret')
      const asked = refusals.challenges.filter((challenge) => challenge.grant === name)
      const known = [...fields, ...asked.flatMap(({ ask }) => Object.keys(ask))]
      for (const [param, template] of Object.entries(one.params))
        for (const used of placeholdersOf(template))
          if (!known.includes(used))
            fault(`names {${used}}, which is no field of login.fields`, 'grants', name, 'params', param)
    }

    if (automatic && fields.length > 0) fault('must be empty: nobody types anything', 'login', 'fields')
    if (automatic && !client) fault('must be given: the application signs itself in', 'client')
    if (login.asClient && client) fault('must be absent, because login.asClient is true', 'client')
    if (!automatic) {
      if (!fields.includes(login.username))
        fault('must be described: it names the user (see login.username)', 'login', 'fields', login.username)
      if (primary === 'password' && !fields.includes('password'))
        fault(
          'must be described: the password grant sends it (RFC 6749 §4.3.2)',
          'login',
          'fields',
          'password',
        )
    }
    const typedClient = login.asClient ? ['client_id', 'client_secret'] : []
    for (const name of typedClient)
      if (!fields.includes(name))
        fault('must be described, because login.asClient is true', 'login', 'fields', name)
    for (const name of fields)
      if (reserved.includes(name) && !typedClient.includes(name))
        fault('must not be typed by a person: the grant writes it itself', 'login', 'fields', name)

    refusals.challenges.forEach((challenge, index) => {
      if (!Object.hasOwn(grants, challenge.grant))
        fault('must be a grant that grants describes', 'errors', 'challenges', String(index), 'grant')
    })

    if (refresh.mode === 'refresh_token' && !grants['refresh_token'])
      fault('must be described, because refresh.mode is "refresh_token"', 'grants', 'refresh_token')
    if (refresh.mode === 'keep_alive' && refresh.url === undefined)
      fault('must be given, because refresh.mode is "keep_alive"', 'refresh', 'url')
    const reissues = refresh.mode === 'reissue' || refresh.whenMissing === 'reissue'
    if (automatic && !reissues)
      fault('must be "reissue", or whenMissing be: the application asks again by itself', 'refresh', 'mode')
    if (reissues && !automatic && !refresh.keepCredentials)
      fault(
        'must be true, or the login automatic: without what was typed nothing can be asked for again',
        'refresh',
        'keepCredentials',
      )
    if (refresh.keepCredentials && !login.asClient)
      fault(
        'must be false: only the secret of a person who is the client is kept, never a password (RFC 6749 §4.3.1)',
        'refresh',
        'keepCredentials',
      )
  })
  .transform((own) => ({ ...own, primary: primaryOf(own) }))

/** One authorization server and how it is spoken to: plain data that survives JSON, without functions. */
export type ProviderDescription = z.input<typeof description>

/** A description that was found good, with every default in its place. */
export type Provider = z.output<typeof description>

/** One way to ask for a token. */
export type Grant = z.output<typeof grant>

/** A refusal that asks for something more. */
export type ChallengeRule = Provider['errors']['challenges'][number]

/** Who the BFF is at the authorization server. */
export interface Client {
  id: string
  secret?: string | undefined
}

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

/** The grant of that name, which the description is known to have. */
export function grantNamed(provider: Pick<Provider, 'grants'>, name: string): Grant {
  const found = Object.hasOwn(provider.grants, name) ? provider.grants[name] : undefined
  if (!found) throw new BffError('server_error', `The provider describes no grant ${name}`)
  return found
}

function primaryOf({ primary, login }: z.output<typeof shape>): string {
  return primary ?? (login.mode === 'automatic' ? 'client_credentials' : 'password')
}
