import type { AuthError, AuthErrorCode, CredentialField } from '@latchkey/core'
import type { ErrorMessages } from './messages.ts'

/** Why an attempt to sign in failed. */
export interface SignInFailure {
  /** `missing` when fields are empty, so that nothing was sent. */
  readonly code: AuthErrorCode | 'missing'
  /** For users. Never says which credential was wrong. */
  readonly text: string
  /** The names of the fields to correct. */
  readonly fields: readonly string[]
}

/**
 * Returns the sentence for the error of a sign-in.
 *
 * @param fields the fields of the step that failed
 */
export function describeError(
  {
    code,
    reason,
    challenge,
    retryAfter = 60,
    retryable,
  }: Pick<AuthError, 'code' | 'reason' | 'challenge' | 'retryAfter' | 'retryable'>,
  fields: readonly CredentialField[],
  isSecondStep: boolean,
  messages: ErrorMessages,
): string {
  if (code === 'rate_limited') return messages.rate_limited(retryAfter)
  if (code === 'invalid_credentials')
    return isSecondStep
      ? messages[challenge ? 'wrongCode' : 'wrongCodeStartAgain']
      : messages.invalid_credentials(fields.map(({ label }) => label))
  if (challenge) return messages.expiredCode
  return messages[reason ?? code] ?? messages[retryable ? 'unavailable' : 'misconfigured']
}
