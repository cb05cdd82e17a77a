import type { AuthErrorCode } from '@latchkey/core'
import { AuthError } from '@latchkey/core'
import type { System } from './systems/system.ts'
import { formatSeconds } from './format.ts'

export interface SignInFailure {
  readonly error: unknown
  /** Whether it was a code, or the like, that was sent. */
  readonly atSecondStep: boolean
}

/** What a person is told when a sign-in fails: what happened and what to do, never which of the two was wrong. */
export function describeSignInError({ error, atSecondStep }: SignInFailure, { fields }: System): string {
  if (!AuthError.is(error)) return unexpected
  const { code, challenge } = error
  if (code === 'rate_limited')
    return `Too many attempts. Try again in ${formatSeconds(getWaitSeconds(error))}.`
  if (code === 'invalid_credentials' && challenge) return 'That code is not right.'
  if (code === 'invalid_credentials' && atSecondStep) return 'That code is not right. Begin again.'
  if (code === 'invalid_credentials' && fields)
    return `The ${fields.username.label} or ${fields.password.label} is not right.`
  if (code === 'challenge_required' && challenge) return 'That code came too late. Enter a new one.'
  return texts[code] ?? unexpected
}

/** How many seconds a limited user has to wait. */
export function getWaitSeconds(error: unknown): number {
  return AuthError.is(error) && error.code === 'rate_limited' ? (error.retryAfter ?? 60) : 0
}

const unexpected =
  'Something is wrong on our side, not with what you typed. If it stays, tell your administrator.'

const texts: Partial<Record<AuthErrorCode, string>> = {
  access_denied: 'You are not let in. Ask whoever runs this site.',
  network_error: 'The server cannot be reached. Check your connection and try again.',
  temporarily_unavailable: 'Signing in is not possible at the moment. Try again in a minute.',
  challenge_required: 'This account needs a second step, which this page does not offer.',
}
