import { AuthError } from './errors.ts'

/**
 * A schema of any library that implements Standard Schema, for example zod, valibot or arktype.
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
 * Parses the user of a session with the application's schema; without a schema the user stays as it is.
 *
 * @throws {AuthError} `invalid_response` with the first issue
 */
export async function parseUser<User>(
  schema: StandardSchema<User> | undefined,
  user: unknown,
): Promise<User> {
  const validate = async (): Promise<SchemaResult<User>> =>
    schema?.['~standard'].validate(user) ?? { value: user as User }
  const result = await validate().catch((error: Error) => ({ issues: [error] }))
  if (result.issues) throw new AuthError('invalid_response', `user: ${result.issues[0]?.message}`)
  return result.value
}
