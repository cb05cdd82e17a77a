import type { InitialState } from './auth-state.ts'
import { AuthError } from './errors.ts'
import { tryOrUndefined } from './platform.ts'

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
 * @throws {AuthError} `invalid_response` with the reason `user_rejected` and the first issue, or the error of the schema
 */
export async function parseUser<User>(
  schema: StandardSchema<User> | undefined,
  user: unknown,
): Promise<User> {
  let message: string | undefined
  try {
    const result = schema ? await schema['~standard'].validate(user) : { value: user as User }
    if (!result.issues) return result.value
    message = result.issues[0]?.message
  } catch (error) {
    message = String(error)
  }
  throw new AuthError('invalid_response', `user: ${message}`, { reason: 'user_rejected' })
}

/**
 * Parses the user of the state at start with the application's schema. A page whose user cannot be parsed at once starts
 * as `restoring`, and the response of the BFF decides.
 */
export function parseInitialState<User>(
  schema: StandardSchema<User> | undefined,
  state: InitialState = restoring,
): InitialState<User> {
  const { session } = state
  if (!session || !schema) return state as InitialState<User>
  const user = tryOrUndefined(() => schema['~standard'].validate(session.user) as { value?: User })?.value
  return user === undefined ? restoring : { ...state, session: { ...session, user } }
}

const restoring: InitialState<never> = { status: 'restoring', session: null }
