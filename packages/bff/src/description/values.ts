import { z } from 'zod'
import { validateEndpointUrl } from '../endpoint-url.ts'

/** Parameters that a grant writes itself, so that nothing else may (RFC 6749 §3.2: none twice). */
export const reservedParams = ['grant_type', 'scope', 'refresh_token', 'client_id', 'client_secret', 'token']

/** A text that is there; most come from environment variables. */
export const textSchema = z
  .string({ error: 'must be a text; is the environment variable it comes from set?' })
  .min(1, 'must not be empty; is the environment variable it comes from set?')

/** Where requests with secrets go. */
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

/** A place in a JSON answer, RFC 6901; never the whole of it, which holds the tokens. */
export const pointerSchema = z.string().regex(/^(\/[^/]+)+$/, 'must be a JSON pointer such as "/data"')

export const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be the name of a header')

/** Headers of a request, but for those that the request writes itself. */
export const headers = z.record(z.string(), z.string()).superRefine((own, context) => {
  for (const [name, value] of Object.entries(own)) {
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

/** What a person is asked for. */
export const fieldSchema = z.strictObject({
  label: textSchema,
  type: z.enum(['text', 'password', 'otp']),
  optional: z.boolean().default(false),
})

function findReservedParam(url: string): string | null {
  const own = [...new URL(url).searchParams.keys()].find((name) =>
    [...reservedParams, 'username', 'password'].includes(name),
  )
  return own === undefined ? null : `must not hold ${own} in its query: the request writes it itself`
}
