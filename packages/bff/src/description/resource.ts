import { z } from 'zod'
import { validateEndpointUrl } from '../endpoint-url.ts'
import { headerName, headers, pointerSchema, textSchema } from './values.ts'

const base = textSchema.superRefine((url, context) => {
  const fault = validateEndpointUrl(url) ?? (new URL(url).search === '' ? null : 'must have no query (?…)')
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

const rule = z.strictObject({ pointer: pointerSchema, in: z.array(z.union([z.string(), z.number()])).min(1) })

/** How the resource server is spoken to. */
export const resource = z.strictObject({
  /** Where tokens may go; the proxy sends none elsewhere. No limit when empty. */
  baseUrls: z.array(base).default([]),
  /** Where the answer of the token endpoint names the base of this user's API, and what its host must end in. */
  baseUrlFrom: z
    .strictObject({
      from: pointerSchema,
      hostSuffix: textSchema.regex(/^\.[\w.-]+$/, 'must begin with a dot, for example ".example.com"'),
    })
    .optional(),
  /** How a token is shown; the scheme is taken as it is spelt here. Anything but `Authorization` needs proxy mode. */
  tokenPlacement: z
    .union([
      z.strictObject({
        header: textSchema.regex(/^[\w-]+$/, 'must be the name of a header').default('Authorization'),
        scheme: z
          .string()
          .regex(/^[\w!#$%&'*+.^`|~-]*$/, 'must be a scheme such as "Bearer", or empty for none')
          .default('Bearer'),
      }),
      z.strictObject({ query: textSchema }),
    ])
    .prefault({}),
  /** Sent by the proxy with every request, where the page sent none of that name; `User-Agent` in any case. */
  headers: headers.default({}),
  /** What an answer says of the token. */
  tokenRejection: z
    .strictObject({
      /** Whether a 401 may also mean that the scope is too small, so that it says nothing about the token. */
      mayMeanInsufficientScope: z.boolean().default(false),
      status: z.array(z.int()).default([401]),
      /** Only an answer with one of these values at that place says that the token has expired. */
      refreshIf: rule.optional(),
      /** An answer with one of these values at that place says nothing about the token. */
      ignoreIf: rule.optional(),
    })
    .prefault({}),
  /** A header that tells how long to wait, where it is not `Retry-After`. */
  rateLimit: z.strictObject({ header: headerName, unit: z.enum(['s', 'ms']).default('s') }).optional(),
})
