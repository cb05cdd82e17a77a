import { z } from 'zod'
import { field, pointer, text } from './values.ts'

/** Where something is in a successful answer: a JSON pointer, `""` for the whole of it, or a header. */
const place = z
  .string()
  .regex(/^((\/[^/]+)*|header:[\w-]+)$/, 'must be a JSON pointer such as "/data/token", "" or "header:Name"')

const expiryFrom = z.strictObject({
  from: pointer,
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
  defaultTokenType: text.optional(),
  /** Where the lifetime of a token is found; the first that can be used counts. `jwt-exp` reads it out of the token. */
  expiry: z
    .array(z.union([expiryFrom, expiryFixed, z.literal('jwt-exp')]))
    .default([{ from: '/expires_in', as: 'seconds' }]),
  /** Where the lifetime of a refresh token is found; the session ends with it. 0 means that it has none. */
  refreshExpiry: z.array(z.union([expiryFrom, expiryFixed])).default([]),
  /** Where the answer describes the user. */
  user: pointer.optional(),
  /** Members of the answer that are told with the user; everything else is dropped. */
  extras: z.array(text).default([]),
})

/** How a refusal is read. */
export const errors = z.strictObject({
  /** Where the code may be, in order; it counts where it is a text. */
  code: z.array(pointer).default(['/error']),
  /** Where words about it may be. They are compared, and never passed on. */
  description: z.array(pointer).default(['/error_description']),
  /** What failures mean where they do not mean what RFC 6749 §5.2 says; the first that fits counts. */
  map: z
    .array(
      z.strictObject({
        status: z.int().optional(),
        code: text.optional(),
        /** Words of the description, whatever their case. */
        contains: text.optional(),
        /** Both when absent. */
        on: z.enum(['sign-in', 'refresh']).optional(),
        as: z.enum(['bad_credentials', 'session_ended', 'config', 'rate_limited', 'transient', 'forbidden']),
        /** What whoever runs this can do about it; written to the log. */
        hint: text.optional(),
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
            code: text.optional(),
            contains: text.optional(),
            /** A place that the answer has something at. */
            has: pointer.optional(),
          })
          .refine((own) => Object.keys(own).length > 0, { error: 'must say which refusal is meant' }),
        /** What to ask the person for. */
        ask: z.record(z.string(), field),
        /** What of this answer goes along with the next request, by the parameter it is sent as. */
        carry: z.record(z.string(), pointer).default({}),
        /** The grant that the next request runs. */
        grant: text,
      }),
    )
    .default([]),
})
