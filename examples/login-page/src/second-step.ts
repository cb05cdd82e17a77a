import type { AuthError } from '@latchkey/core'

/** A sign-in that is not finished: the authorization server asks for more, a one-time code for example. */
export interface SecondStep {
  readonly challenge: NonNullable<AuthError['challenge']>
  /** What was typed before it, because some servers want everything again. */
  readonly typed: Record<string, string>
}

/** Where a sign-in stands after a failure: at a second step, or (`null`) at its beginning. */
export function getNextStep(
  { code, challenge }: Pick<AuthError, 'code' | 'challenge'>,
  typed: Record<string, string>,
  step: SecondStep | null,
): SecondStep | null {
  // What says nothing of the credentials changes nothing: an outage, for example.
  if (code !== 'challenge_required' && code !== 'invalid_credentials') return step
  return challenge ? { challenge, typed } : null
}

/** Whether something is asked for that was not asked for before, so that nobody has failed. */
export function isNewChallenge(next: SecondStep | null, step: SecondStep | null): boolean {
  const namesOf = (of: SecondStep | null): string | undefined =>
    of?.challenge.fields.map(({ name }) => name).join()
  return next !== null && namesOf(next) !== namesOf(step)
}
