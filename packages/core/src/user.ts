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

/** The user as the application's schema reads it. Throws {@link AuthError} `invalid_response` with its first complaint. */
export async function parseUser<User>(
  schema: StandardSchema<User> | undefined,
  user: unknown,
): Promise<User> {
  const read = async (): Promise<SchemaResult<User>> =>
    schema?.['~standard'].validate(user) ?? { value: user as User }
  const result = await read().catch((error: Error) => ({ issues: [error] }))
  if (result.issues) throw new AuthError('invalid_response', `user: ${result.issues[0]?.message}`)
  return result.value
}
