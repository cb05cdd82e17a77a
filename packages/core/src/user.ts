import { AuthError } from './errors.ts'

/**
 * What any schema library offers under `~standard` (zod, valibot, arktype …).
 *
 * @see https://standardschema.dev, version 1
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: ReadonlyArray<{
        readonly message: string
        readonly path?: readonly unknown[] | undefined
      }>
    }

/**
 * The user as the application's schema reads it; as it came when there is no schema.
 *
 * Throws {@link AuthError} `invalid_response` with the first complaint of the schema.
 */
export async function userFrom<User>(schema: StandardSchema<User> | undefined, user: unknown): Promise<User> {
  if (!schema) return user as User
  const result = await schema['~standard'].validate(user)
  if (!result.issues) return result.value
  const { path = [], message } = result.issues[0] ?? { message: 'no reason given' }
  throw new AuthError(
    'invalid_response',
    `The user of the session does not fit the schema: ${['user', ...path.map(String)].join('.')}: ${message}`,
  )
}
