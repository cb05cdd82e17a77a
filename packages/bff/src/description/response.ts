import { z } from 'zod'
import { createIssueMessage } from '../option-issues.ts'
import { fieldSchema, lifetimeSchema, pointerSchema, statusSchema, textSchema } from './values.ts'

/** Where a value is in a successful response: a JSON pointer, `""` for the whole body, or a header. */
const sourceSchema = z.string().regex(/^((\/[^/]+)*|header:[\w-]+)$/, {
  error: createIssueMessage('a JSON pointer such as "/data/token", "" or "header:Name"'),
})

const expiryFrom = z.strictObject({
  from: pointerSchema,
  /** `seconds` and `ms` count from the token request; the others are a point in time. */
  as: z.enum(['seconds', 'ms', 'epoch-s', 'epoch-ms', 'iso', 'http-date']),
})
const expiryFixed = z.strictObject({ seconds: lifetimeSchema })

/** How Latchkey reads a successful response of the token endpoint. */
export const response = z.strictObject({
  /** `trailing-commas` also accepts a comma before a closing bracket; `strict` when absent. */
  json: z.enum(['strict', 'trailing-commas']).default('strict'),
  /** Where the members are; where RFC 6749 §5.1 puts them when absent. */
  fields: z
    .strictObject({
      access_token: sourceSchema.default('/access_token'),
      refresh_token: sourceSchema.default('/refresh_token'),
      token_type: sourceSchema.default('/token_type'),
      scope: sourceSchema.default('/scope'),
      id_token: sourceSchema.default('/id_token'),
    })
    .prefault({}),
  /** The token type of a response without `token_type`, which RFC 6749 §5.1 requires. */
  defaultTokenType: textSchema.optional(),
  /**
   * Where the lifetime of the token is; the first usable entry counts, and `jwt-exp` reads the token's own `exp`. The
   * seconds in `/expires_in` when absent.
   */
  expiry: z
    .array(z.union([expiryFrom, expiryFixed, z.literal('jwt-exp')]))
    .default([{ from: '/expires_in', as: 'seconds' }]),
  /** Where the lifetime of the refresh token is, with which the session ends; 0 means that it does not expire. */
  refreshExpiry: z.array(z.union([expiryFrom, expiryFixed])).default([]),
  /** Where the response describes the user. */
  user: pointerSchema.optional(),
  /** Members of the response that the page gets with the user; all others are dropped. */
  extraUserFields: z.array(textSchema).default([]),
})

/** How Latchkey reads an error response of the token endpoint. */
export const errors = z.strictObject({
  /** Where the error code may be; the first string counts. `/error` when absent. */
  code: z.array(pointerSchema).default(['/error']),
  /**
   * Where the description may be. It is compared with `contains` and never passed on. `/error_description` when absent.
   */
  description: z.array(pointerSchema).default(['/error_description']),
  /** What errors mean where the server does not follow RFC 6749 §5.2; the first rule that matches counts. */
  map: z
    .array(
      z.strictObject({
        status: statusSchema.optional(),
        code: textSchema.optional(),
        /** A part of the description, in upper or lower case. */
        contains: textSchema.optional(),
        /** When the rule applies; at both when absent. */
        during: z.enum(['sign-in', 'refresh']).optional(),
        outcome: z.enum([
          'invalid_credentials',
          'session_ended',
          'configuration_error',
          'rate_limited',
          'temporarily_unavailable',
          'access_denied',
        ]),
        /** For the log: what the operator can do. */
        hint: textSchema.optional(),
      }),
    )
    .default([]),
  /** Errors that require another step of the sign-in. */
  challenges: z
    .array(
      z.strictObject({
        when: z
          .strictObject({
            status: statusSchema.optional(),
            code: textSchema.optional(),
            contains: textSchema.optional(),
            /** Where the response has a value other than `null`, `false` and `""`. */
            has: pointerSchema.optional(),
          })
          .refine((when) => Object.keys(when).length > 0, {
            error: 'is empty. Expected: at least one of status, code, contains and has',
          }),
        /** The fields that the user fills in for this step. */
        fields: z.record(z.string(), fieldSchema),
        /** Values of this response that the next request sends, by the name of the parameter. */
        forward: z.record(z.string(), pointerSchema).default({}),
        /** The name of the grant that the next request runs. */
        grant: textSchema,
      }),
    )
    .default([]),
})
