import { z } from 'zod'
import { createIssueMessage } from '../option-issues.ts'
import { errors, response } from './response.ts'
import { grant } from './grant.ts'
import { resource } from './resource.ts'
import { tokenEndpoint } from './token-endpoint.ts'
import { endpointSchema, fieldSchema, secretSchema, textSchema } from './values.ts'

/** The parts of a description, each checked by itself. */
export const descriptionSchema = z.strictObject(
  {
    /** Names the provider, and tells its users from those of other providers. */
    id: textSchema,
    /** The name of the provider for people. */
    label: textSchema.optional(),
    /** The client that this BFF is at the authorization server. The secret is why a description stays on the server. */
    client: z.strictObject({ id: textSchema, secret: secretSchema.optional() }).optional(),
    /** What a sign-in requires of the user; a username and a password when absent. */
    login: z
      .strictObject({
        /** `automatic` signs in the application itself, with its client credentials; `form` when absent. */
        mode: z.enum(['form', 'automatic']).default('form'),
        /** The fields that the user fills in, by the name of the parameter that sends them. */
        fields: z.record(z.string(), fieldSchema).default({}),
        /** The name of the field that names the user; `username` when absent. */
        username: textSchema.default('username'),
        /** Whether the user's fields `client_id` and `client_secret` authenticate the client; `false` when absent. */
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
    /** The grants, by their names in RFC 6749 (`password`, `client_credentials`, `refresh_token`) or any other name. */
    grants: z.record(z.string(), grant),
    /**
     * The name of the grant that a sign-in runs; `password`, or `client_credentials` for an automatic login, when
     * absent.
     */
    signInGrant: textSchema.optional(),
    response: response.prefault({}),
    errors: errors.prefault({}),
    refresh: z.strictObject({
      /**
       * How a session gets its next token: `reissue` runs the grant of the sign-in again, `keep_alive` sends the
       * current token to `url`, and with `none` the user signs in again.
       */
      mode: z.enum(['refresh_token', 'reissue', 'keep_alive', 'none']),
      /** The endpoint of `keep_alive`. */
      url: endpointSchema.optional(),
      /** What happens without a valid refresh token; `sign-in` when absent: the user signs in again. */
      fallback: z.enum(['sign-in', 'reissue']).default('sign-in'),
      /**
       * Keeps the user's client id and secret, sealed in the session, for `reissue`; `false` when absent. Allowed only
       * with `login.userIsClient`, because a password must not be stored (RFC 6749 §4.3.1).
       */
      storeCredentials: z.boolean().default(false),
    }),
    resource: resource.prefault({}),
    /**
     * Where a sign-out revokes tokens (RFC 7009); the endpoint in the discovery document when absent. `bearer`
     * authenticates with the token itself; `client` when absent.
     */
    revocation: z
      .strictObject({ url: endpointSchema, auth: z.enum(['client', 'bearer']).default('client') })
      .optional(),
  },
  { error: formatDescriptionIssue },
)

/** A description whose parts are valid by themselves. */
export type ParsedDescription = z.output<typeof descriptionSchema>

/** Returns the name of the grant that a sign-in runs. */
export function getSignInGrant({ signInGrant, login }: ParsedDescription): string {
  return signInGrant ?? (login.mode === 'automatic' ? 'client_credentials' : 'password')
}

/** A preset that was not called is the likeliest mistake where a description is due. */
function formatDescriptionIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const { input } = issue
  if (typeof input !== 'function')
    return createIssueMessage(
      'a provider description, for example axosoft({ … }) of @latchkey/bff/providers',
    )(issue)
  return /^[\w$]+$/.test(input.name)
    ? `is the function ${input.name}, which was not called. Expected: ${input.name}({ … })`
    : 'is a function, which was not called. Expected: the description that it returns'
}
