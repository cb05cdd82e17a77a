import { BffError } from '../errors.ts'
import { describeError } from '../log.ts'

/**
 * Returns the result of a store method.
 *
 * @throws BffError `temporarily_unavailable` when the store fails
 */
export async function callStore<T>(result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    throw new BffError('temporarily_unavailable', 'The session store is not available', {
      retryAfter: 5,
      hint: `Session store failed: ${describeError(error)}`,
    })
  }
}
