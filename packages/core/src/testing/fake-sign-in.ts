import type { CredentialField, SignInMethods, SignInRequest } from '@latchkey/wire'
import { createErrorResponse } from './error-response.ts'

/** The sign-in methods of a fake BFF that has no others. */
export const passwordSignIn: SignInMethods = {
  credentials: {
    fields: [
      { name: 'username', label: 'Username', type: 'text', optional: false },
      { name: 'password', label: 'Password', type: 'password', optional: false },
    ],
  },
}

const otpField: CredentialField = { name: 'otp', label: 'One-time code', type: 'otp', optional: false }

/**
 * Creates the check of sign-in requests: it returns the username after a successful check, otherwise the error response.
 *
 * @param passwords by username; without them every username and password is accepted
 * @param codes one-time codes by username; these users need the code after the password
 */
export function createSignInCheck(
  passwords: Record<string, string> | undefined,
  codes: Record<string, string> | undefined,
): (request: SignInRequest) => string | Response {
  const pendingUsernames = new Map<string, string>()
  let challengeCount = 0

  return ({ credentials, challenge: id = '' }) => {
    const pendingUsername = pendingUsernames.get(id)
    if (pendingUsername !== undefined) {
      if (credentials['otp'] !== codes?.[pendingUsername])
        return createErrorResponse(401, 'invalid_credentials', { challenge: { fields: [otpField], id } })
      pendingUsernames.delete(id)
      return pendingUsername
    }
    const { username = '', password } = credentials
    if (passwords && (!Object.hasOwn(passwords, username) || passwords[username] !== password))
      return createErrorResponse(401, 'invalid_credentials')
    if (!codes || !Object.hasOwn(codes, username)) return username
    challengeCount += 1
    const nextId = `challenge-${challengeCount}`
    pendingUsernames.set(nextId, username)
    return createErrorResponse(401, 'challenge_required', { challenge: { fields: [otpField], id: nextId } })
  }
}
