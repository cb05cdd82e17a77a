import { BffError } from '../errors.ts'
import { describeError } from '../log.ts'

/**
 * What a store answers.
 *
 * @throws BffError `temporarily_unavailable` when it fails
 */
export async function callStore<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new BffError('temporarily_unavailable', 'The session store cannot be reached', {
      retryAfter: 5,
      hint: `the session store failed: ${describeError(error)}`,
    })
  }
}
