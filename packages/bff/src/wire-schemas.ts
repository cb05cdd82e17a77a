import type {
  SignInChallenge,
  ErrorResponse,
  SessionResponse,
  SignInRequest,
  TokenRequest,
} from '@latchkey/wire'
import { errorCodes, loginRequiredReasons, visibleAsciiPattern } from '@latchkey/wire'
import { z } from 'zod'

const visible = z.string().regex(visibleAsciiPattern)
const seconds = z.number().nonnegative().nullable()

/** Accepts exactly what `isSessionAnswer` does, and changes nothing in it; a property test holds the two together. */
export const sessionResponseSchema: z.ZodType<SessionResponse> = z.looseObject({
  session: z
    .looseObject({
      session_id: visible,
      subject: visible,
      user: z.custom<Record<string, unknown>>(isRecord).nullable(),
      scope: z.array(visible),
      expires_in: seconds,
    })
    .nullable(),
  token: z
    .looseObject({
      access_token: visible,
      token_type: visible,
      expires_in: seconds,
      sequence: z.number().nonnegative(),
    })
    .optional(),
})

const challenge: z.ZodType<SignInChallenge> = z.object({
  fields: z.array(z.string()),
  id: z.string().optional(),
})

/** The body of every answer that is no success, as the BFF writes it. */
export const errorResponseSchema: z.ZodType<ErrorResponse> = z.object({
  error: z.enum(errorCodes),
  error_description: z.string().optional(),
  reason: z.enum(loginRequiredReasons).optional(),
  retry_after: z.number().nonnegative().optional(),
  challenge: challenge.optional(),
})

/** The body of a sign-in; unknown members are refused, so that a misspelt one is not lost in silence. */
export const signInRequestSchema: z.ZodType<SignInRequest> = z.strictObject({
  credentials: z.record(z.string(), z.string()),
  scope: z.array(z.string()).optional(),
  remember: z.boolean().optional(),
  challenge: z.string().optional(),
})

/** The body of a request for a newer token. */
export const tokenRequestSchema: z.ZodType<TokenRequest> = z.strictObject({
  session_id: visible,
  after: z.number().nonnegative(),
})

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
