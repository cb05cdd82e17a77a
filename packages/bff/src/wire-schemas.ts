import type {
  CredentialField,
  ErrorResponse,
  LoginRequiredReason,
  SessionResponse,
  SignInChallenge,
  SignInMethods,
  SignInRequest,
  TokenRequest,
} from '@latchkey/wire'
import { credentialTypes, errorCodes, loginRequiredReasons, visibleAsciiPattern } from '@latchkey/wire'
import { z } from 'zod'

const visible = z.string().regex(visibleAsciiPattern)
const seconds = z.number().nonnegative().nullable()
const fields: z.ZodType<CredentialField[]> = z.array(
  z.looseObject({
    name: z.string(),
    label: z.string(),
    type: z.enum(credentialTypes),
    optional: z.boolean(),
  }),
)

/** Accepts exactly what `isSessionResponse` of `@latchkey/wire` accepts; a property test compares the two. */
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
  mode: z.enum(['token', 'proxy']),
  // The BFF writes it, and the page shows it: a browser need not check its members.
  sign_in: z.custom<SignInMethods>(isRecord),
  reason: z.custom<LoginRequiredReason>((value) => typeof value === 'string').optional(),
})

const challenge: z.ZodType<SignInChallenge> = z.object({ fields, id: z.string().optional() })

/** The body of every error response of the BFF. */
export const errorResponseSchema: z.ZodType<ErrorResponse> = z.object({
  error: z.enum(errorCodes),
  error_description: z.string().optional(),
  reason: z.enum(loginRequiredReasons).optional(),
  retry_after: z.number().nonnegative().optional(),
  challenge: challenge.optional(),
})

/** The body of a sign-in. Unknown members are rejected, so that a misspelt one is noticed. */
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
