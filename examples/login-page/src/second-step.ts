import type { AuthError } from '@latchkey/core'

/** A sign-in that needs more credentials, for example a one-time code. */
export interface SecondStep {
  readonly challenge: NonNullable<AuthError['challenge']>
  /** The credentials so far, because some servers need all of them again. */
  readonly credentials: Record<string, string>
}

/** The step of a sign-in after a failure: the second one, or `null` for the first. */
export function getNextStep(
  { code, challenge }: Pick<AuthError, 'code' | 'challenge'>,
  credentials: Record<string, string>,
  step: SecondStep | null,
): SecondStep | null {
  // Other errors, an outage for example, say nothing about the credentials.
  if (code !== 'challenge_required' && code !== 'invalid_credentials') return step
  return challenge ? { challenge, credentials } : null
}

/** Whether the step needs other credentials than before, so that nothing was wrong yet. */
export function isNewChallenge(next: SecondStep | null, step: SecondStep | null): boolean {
  const joinNames = (secondStep: SecondStep | null): string | undefined =>
    secondStep?.challenge.fields.map(({ name }) => name).join()
  return next !== null && joinNames(next) !== joinNames(step)
}
