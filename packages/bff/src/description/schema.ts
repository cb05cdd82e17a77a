import { z } from 'zod'
import { errors, response } from './response.ts'
import { grant } from './grant.ts'
import { resource } from './resource.ts'
import { tokenEndpoint } from './token-endpoint.ts'
import { endpointSchema, fieldSchema, textSchema } from './values.ts'

/** Every part of a description, each right by itself. */
export const descriptionSchema = z.strictObject({
  /** Names the provider; part of what tells two users apart. */
  id: textSchema,
  label: textSchema.optional(),
  /** Who this BFF is at the authorization server. Because of the secret, a description stays on the server. */
  client: z.strictObject({ id: textSchema, secret: textSchema.optional() }).optional(),
  login: z
    .strictObject({
      /** `automatic` signs the application itself in, with its client secret and nobody's password. */
      mode: z.enum(['form', 'automatic']).default('form'),
      /** What a person types, by the name of the parameter it is sent as. */
      fields: z.record(z.string(), fieldSchema).default({}),
      /** The field that names the user. */
      username: textSchema.default('username'),
      /** Whether the person is the client, whose id and secret are typed into the fields `client_id` and `client_secret`. */
      userIsClient: z.boolean().default(false),
    })
    .default({
      mode: 'form',
      fields: {
        username: { label: 'Username', type: 'text', optional: false },
        password: { label: 'Password', type: 'password', optional: false },
      },
      username: 'username',
      userIsClient: false,
    }),
  token: tokenEndpoint,
  /** By their names in RFC 6749 (`password`, `client_credentials`, `refresh_token`), and any that a challenge runs. */
  grants: z.record(z.string(), grant),
  /** The grant that a sign-in runs; `password`, or `client_credentials` where the login is automatic. */
  signInGrant: textSchema.optional(),
  response: response.prefault({}),
  errors: errors.prefault({}),
  refresh: z.strictObject({
    /** How the next token is had: `reissue` asks again, `keep_alive` shows the token that is still good. */
    mode: z.enum(['refresh_token', 'reissue', 'keep_alive', 'none']),
    /** Where a token is kept alive. */
    url: endpointSchema.optional(),
    /** What happens where no refresh token came, or is good no more. */
    fallback: z.enum(['sign-in', 'reissue']).default('sign-in'),
    /**
     * Keeps what was typed, sealed in the session, so that `reissue` can ask again without the person. Only where the
     * person is the client: a password is never kept (RFC 6749 §4.3.1).
     */
    storeCredentials: z.boolean().default(false),
  }),
  resource: resource.prefault({}),
  /** Where a sign-out gives tokens back (RFC 7009), when discovery does not tell; `bearer` shows the token itself. */
  revocation: z
    .strictObject({ url: endpointSchema, auth: z.enum(['client', 'bearer']).default('client') })
    .optional(),
})

/** A description whose parts are right by themselves. */
export type ParsedDescription = z.output<typeof descriptionSchema>

/** The grant that a sign-in runs. */
export function getSignInGrant({ signInGrant, login }: ParsedDescription): string {
  return signInGrant ?? (login.mode === 'automatic' ? 'client_credentials' : 'password')
}
