import { z } from 'zod'
import { validateEndpointUrl } from '../endpoint-url.ts'
import { createIssueMessage, createUnknownNameMessage } from '../option-issues.ts'
import { headerName, headers, pointerSchema, statusSchema, textSchema } from './values.ts'

const baseUrlSchema = textSchema.superRefine((url, context) => {
  const issue =
    validateEndpointUrl(url) ??
    (new URL(url).search === '' ? null : 'has a query (?…). Expected: a URL without one')
  if (issue !== null) context.addIssue({ code: 'custom', message: issue })
})

const valueRuleSchema = z.strictObject({
  pointer: pointerSchema,
  in: z.array(z.union([z.string(), z.number()])).min(1),
})

/** How requests to the resource server are sent. */
export const resource = z.strictObject({
  /** The base URLs that the proxy may send tokens to; any when empty. */
  baseUrls: z.array(baseUrlSchema).default([]),
  /** Where the response of the token endpoint names the base URL of this user's API, and what its host must end in. */
  baseUrlFrom: z
    .strictObject({
      from: pointerSchema,
      hostSuffix: textSchema.regex(/^\.[\w.-]+$/, {
        error: createIssueMessage('a suffix that begins with a dot, for example ".example.com"'),
      }),
    })
    .optional(),
  /**
   * Where a request carries the token: `Authorization: Bearer …` when absent. The scheme is sent as it is spelt here.
   * Any other header, and the query, need proxy mode.
   */
  tokenPlacement: z
    .union([
      z.strictObject(
        {
          header: textSchema
            .regex(/^[\w-]+$/, { error: createIssueMessage('the name of a header') })
            .default('Authorization'),
          scheme: z
            .string()
            .regex(/^[\w!#$%&'*+.^`|~-]*$/, {
              error: createIssueMessage('a scheme such as "Bearer", or ""'),
            })
            .default('Bearer'),
        },
        { error: createUnknownNameMessage('header', 'scheme', 'query') },
      ),
      z.strictObject({ query: textSchema }),
    ])
    .prefault({}),
  /** Headers that the proxy adds when the page did not send them; `User-Agent` always. */
  headers: headers.default({}),
  /** Which responses mean that the token has expired. */
  tokenRejection: z
    .strictObject({
      /** Whether such a response may also mean an insufficient scope; `false` when absent. */
      mayMeanInsufficientScope: z.boolean().default(false),
      /** The status codes; 401 when absent. */
      status: z.array(statusSchema).default([401]),
      /** Only a response with one of these values at this pointer means it; every response when absent. */
      refreshIf: valueRuleSchema.optional(),
      /** A response with one of these values at this pointer does not mean it. */
      ignoreIf: valueRuleSchema.optional(),
    })
    .prefault({}),
  /** The header that says how long to wait, when it is not `Retry-After`, and its unit (seconds when absent). */
  rateLimit: z.strictObject({ header: headerName, unit: z.enum(['s', 'ms']).default('s') }).optional(),
})
