import type { AuthErrorCode } from '@latchkey/core'
import { AuthError } from '@latchkey/core'

/** What a person is told when a sign-in fails: what happened and what to do, never which of the two was wrong. */
export function signInErrorText(error: unknown): string {
  if (!AuthError.is(error)) return unexpected
  if (error.code === 'rate_limited') return `Too many attempts. Try again in ${seconds(waitFor(error))}.`
  return texts[error.code] ?? unexpected
}

/** How many seconds a limited user has to wait. */
export function waitFor(error: unknown): number {
  return AuthError.is(error) && error.code === 'rate_limited' ? (error.retryAfter ?? 60) : 0
}

export function seconds(count: number): string {
  return `${count} ${count === 1 ? 'second' : 'seconds'}`
}

const unexpected =
  'Something is wrong on our side, not with your password. If it stays, tell your administrator.'

const texts: Partial<Record<AuthErrorCode, string>> = {
  invalid_credentials: 'The username or password is not right.',
  network_error: 'The server cannot be reached. Check your connection and try again.',
  temporarily_unavailable: 'Signing in is not possible at the moment. Try again in a minute.',
  challenge_required: 'This account needs a second step, which this page does not offer.',
}
