import { z } from 'zod'
import { fieldSchema, pointerSchema, textSchema } from './values.ts'

/** Where something is in a successful answer: a JSON pointer, `""` for the whole of it, or a header. */
const place = z
  .string()
  .regex(/^((\/[^/]+)*|header:[\w-]+)$/, 'must be a JSON pointer such as "/data/token", "" or "header:Name"')

const expiryFrom = z.strictObject({
  from: pointerSchema,
  /** From the moment the token was asked for (`seconds`, `ms`), or a moment of its own. */
  as: z.enum(['seconds', 'ms', 'epoch-s', 'epoch-ms', 'iso', 'http-date']),
})
const expiryFixed = z.strictObject({ seconds: z.int().positive() })

/** How a successful answer is read. */
export const response = z.strictObject({
  /** `trailing-commas` also takes a comma before a closing bracket, outside texts. */
  json: z.enum(['strict', 'trailing-commas']).default('strict'),
  /** Where what is not where RFC 6749 §5.1 has it. */
  fields: z
    .strictObject({
      access_token: place.default('/access_token'),
      refresh_token: place.default('/refresh_token'),
      token_type: place.default('/token_type'),
      scope: place.default('/scope'),
      id_token: place.default('/id_token'),
    })
    .prefault({}),
  /** What an answer without `token_type` means (RFC 6749 §5.1 requires one). */
  defaultTokenType: textSchema.optional(),
  /** Where the lifetime of a token is found; the first that can be used counts. `jwt-exp` reads it out of the token. */
  expiry: z
    .array(z.union([expiryFrom, expiryFixed, z.literal('jwt-exp')]))
    .default([{ from: '/expires_in', as: 'seconds' }]),
  /** Where the lifetime of a refresh token is found; the session ends with it. 0 means that it has none. */
  refreshExpiry: z.array(z.union([expiryFrom, expiryFixed])).default([]),
  /** Where the answer describes the user. */
  user: pointerSchema.optional(),
  /** Members of the answer that are told with the user; everything else is dropped. */
  extraUserFields: z.array(textSchema).default([]),
})

/** How a refusal is read. */
export const errors = z.strictObject({
  /** Where the code may be, in order; it counts where it is a text. */
  code: z.array(pointerSchema).default(['/error']),
  /** Where words about it may be. They are compared, and never passed on. */
  description: z.array(pointerSchema).default(['/error_description']),
  /** What failures mean where they do not mean what RFC 6749 §5.2 says; the first that fits counts. */
  map: z
    .array(
      z.strictObject({
        status: z.int().optional(),
        code: textSchema.optional(),
        /** Words of the description, whatever their case. */
        contains: textSchema.optional(),
        /** Both when absent. */
        during: z.enum(['sign-in', 'refresh']).optional(),
        outcome: z.enum([
          'invalid_credentials',
          'session_ended',
          'configuration_error',
          'rate_limited',
          'temporarily_unavailable',
          'access_denied',
        ]),
        /** What whoever runs this can do about it; written to the log. */
        hint: textSchema.optional(),
      }),
    )
    .default([]),
  /** Refusals that ask for something more. */
  challenges: z
    .array(
      z.strictObject({
        when: z
          .strictObject({
            status: z.int().optional(),
            code: textSchema.optional(),
            contains: textSchema.optional(),
            /** A place that the answer has something at. */
            has: pointerSchema.optional(),
          })
          .refine((own) => Object.keys(own).length > 0, { error: 'must say which refusal is meant' }),
        /** What to ask the person for. */
        fields: z.record(z.string(), fieldSchema),
        /** What of this answer goes along with the next request, by the parameter it is sent as. */
        forward: z.record(z.string(), pointerSchema).default({}),
        /** The grant that the next request runs. */
        grant: textSchema,
      }),
    )
    .default([]),
})
