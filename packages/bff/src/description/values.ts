import { z } from 'zod'
import { validateEndpointUrl } from '../endpoint-url.ts'

/** Parameters that Latchkey sets in a grant. Nothing else may set them: no parameter may occur twice (RFC 6749 §3.2). */
export const reservedParams = ['grant_type', 'scope', 'refresh_token', 'client_id', 'client_secret', 'token']

/** A string that is not empty. Most of them come from environment variables. */
export const textSchema = z
  .string({ error: 'must be a text; is the environment variable it comes from set?' })
  .min(1, 'must not be empty; is the environment variable it comes from set?')

/** The URL of an endpoint that receives secrets. */
export const endpointSchema = textSchema.superRefine((url, context) => {
  const fault = validateEndpointUrl(url) ?? findReservedParam(url)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

/** One value of a scope. */
export const scopeValue = z
  .string()
  .regex(
    /^[\u0021\u0023-\u005b\u005d-\u007e]+$/,
    'must be one scope value: no space, quote or backslash (RFC 6749 §3.3)',
  )

/** A JSON pointer into a response (RFC 6901). It cannot be `""`: the whole response contains the tokens. */
export const pointerSchema = z.string().regex(/^(\/[^/]+)+$/, 'must be a JSON pointer such as "/data"')

export const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be the name of a header')

/** The headers of a request, except those that Latchkey sets. */
export const headers = z.record(z.string(), z.string()).superRefine((values, context) => {
  for (const [name, value] of Object.entries(values)) {
    const fault = !headerName.safeParse(name).success
      ? 'must be the name of a header'
      : /^(authorization|cookie|host|content-.+)$/i.test(name)
        ? 'must not be set here: the request writes it itself'
        : /^[\u0020-\u007e]*$/.test(value)
          ? null
          : 'must be visible ASCII: it stands in a header'
    if (fault !== null) context.addIssue({ code: 'custom', path: [name], message: fault })
  }
})

/** One field of a sign-in form. */
export const fieldSchema = z.strictObject({
  /** What a form shows beside the field. */
  label: textSchema,
  /** `password` hides the text; `otp` is a one-time code. */
  type: z.enum(['text', 'password', 'otp']),
  /** Whether the user may leave the field empty; `false` when absent. */
  optional: z.boolean().default(false),
})

function findReservedParam(url: string): string | null {
  const name = [...new URL(url).searchParams.keys()].find((param) =>
    [...reservedParams, 'username', 'password'].includes(param),
  )
  return name === undefined ? null : `must not hold ${name} in its query: the request writes it itself`
}
