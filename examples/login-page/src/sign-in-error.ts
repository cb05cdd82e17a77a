import type { AuthErrorCode, CredentialField } from '@latchkey/core'
import { AuthError } from '@latchkey/core'
import { formatSeconds, inSentence } from './format.ts'

export interface SignInFailure {
  readonly error: unknown
  /** Whether the rejected credentials were those of a second step. */
  readonly atSecondStep: boolean
}

/** What happened and what to do, for users. Never says which credential was wrong. */
export function describeSignInError(
  { error, atSecondStep }: SignInFailure,
  fields: readonly CredentialField[],
): string {
  if (!AuthError.is(error)) return unexpected
  const { code, challenge } = error
  if (code === 'rate_limited')
    return `Too many attempts. Try again in ${formatSeconds(getWaitSeconds(error))}.`
  if (code === 'invalid_credentials' && challenge) return 'That code is not right.'
  if (code === 'invalid_credentials' && atSecondStep) return 'That code is not right. Start again.'
  if (code === 'invalid_credentials')
    return `The ${fields.map(({ label }) => inSentence(label)).join(' or ')} is not right.`
  if (code === 'challenge_required' && challenge) return 'That code has expired. Enter a new one.'
  return texts[code] ?? unexpected
}

/** Seconds to wait after too many attempts; 0 after other errors. */
export function getWaitSeconds(error: unknown): number {
  return AuthError.is(error) && error.code === 'rate_limited' ? (error.retryAfter ?? 60) : 0
}

const unexpected =
  'Something went wrong on our side. Your password was not the problem. If this continues, contact your administrator.'

const texts: Partial<Record<AuthErrorCode, string>> = {
  access_denied: "You don't have access. Contact the site administrator.",
  network_error: 'The server cannot be reached. Check your connection and try again.',
  temporarily_unavailable: 'Sign-in is not available right now. Try again in a minute.',
  challenge_required: 'This account needs a second step that this page does not offer.',
}
