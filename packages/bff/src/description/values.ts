import { z } from 'zod'
import { validateEndpointUrl } from '../endpoint-url.ts'
import { createIssueMessage } from '../option-issues.ts'
import type { Secret } from '../secret.ts'

/**
 * Parameters that Latchkey sets in a grant. Nothing else may set them: no parameter may occur twice (RFC 6749 §3.2).
 */
export const reservedParams = ['grant_type', 'scope', 'refresh_token', 'client_id', 'client_secret', 'token']

/** A string that is not empty. Most of them come from environment variables. */
export const textSchema = z.string({ error: formatTextIssue }).min(1, { error: formatTextIssue, abort: true })

/** A secret as text that is not empty, or a function that reads it. */
export const secretSchema = z.custom<Secret>(
  (value) => typeof value === 'function' || textSchema.safeParse(value).success,
  { error: formatSecretIssue },
)

/** The URL of an endpoint that receives secrets. */
export const endpointSchema = textSchema.superRefine((url, context) => {
  const issue = validateEndpointUrl(url) ?? findReservedParam(url)
  if (issue !== null) context.addIssue({ code: 'custom', message: issue })
})

/** One value of a scope. */
export const scopeValue = z.string().regex(/^[\u0021\u0023-\u005b\u005d-\u007e]+$/, {
  error: createIssueMessage('one scope value without spaces, quotes and backslashes (RFC 6749 §3.3)'),
})

/** A JSON pointer into a response (RFC 6901). It cannot be `""`: the whole response contains the tokens. */
export const pointerSchema = z
  .string()
  .regex(/^(\/[^/]+)+$/, { error: createIssueMessage('a JSON pointer such as "/data"') })

/** The name of a header. */
export const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: createIssueMessage('the name of a header') })

/** A value that a header can contain. */
export const headerValue = z.string().regex(/^[\u0020-\u007e]*$/, {
  error: createIssueMessage('printable ASCII, because it is sent in a header'),
})

/** The headers of a request, except those that Latchkey sets. */
export const headers = z.record(z.string(), headerValue).superRefine((values, context) => {
  for (const name of Object.keys(values)) {
    const issue = !headerName.safeParse(name).success
      ? 'is not the name of a header. Expected: letters, digits and hyphens'
      : /^(authorization|cookie|host|content-.+)$/i.test(name)
        ? 'is not allowed here. Expected: another header, because Latchkey sets this one'
        : null
    if (issue !== null) context.addIssue({ code: 'custom', path: [name], message: issue })
  }
})

const statusMessage = createIssueMessage('a status code from 100 to 599')

/** A status code of HTTP. */
export const statusSchema = z
  .int({ error: statusMessage })
  .min(100, { error: statusMessage })
  .max(599, { error: statusMessage })

const lifetimeMessage = createIssueMessage('a whole number of seconds above 0')

/** A lifetime in seconds. */
export const lifetimeSchema = z.int({ error: lifetimeMessage }).positive({ error: lifetimeMessage })

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
  return name === undefined
    ? null
    : `has the parameter ${name} in its query. Expected: a URL without it, because Latchkey sets it`
}

function formatTextIssue(issue: z.core.$ZodRawIssue): string | undefined {
  return formatUnsetIssue(issue, 'a string')
}

function formatSecretIssue(issue: z.core.$ZodRawIssue): string | undefined {
  return formatUnsetIssue(issue, 'a string, or a function that reads it')
}

function formatUnsetIssue(issue: z.core.$ZodRawIssue, expected: string): string | undefined {
  const message = createIssueMessage(expected)(issue)
  const mayBeUnset = issue.input === undefined || issue.input === ''
  return mayBeUnset ? `${message}. If it comes from an environment variable, set that variable` : message
}
