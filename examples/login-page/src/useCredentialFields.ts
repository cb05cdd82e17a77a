import type { CredentialField } from '@latchkey/core'
import { useSignInMethods } from '@latchkey/react'

/** The fields of the sign-in form, as the BFF describes them; none where it needs no credentials. */
export function useCredentialFields(): readonly CredentialField[] {
  const methods = useSignInMethods()
  return methods ? (methods.credentials?.fields ?? []) : usualFields
}

/** Shown while the BFF cannot be reached: after a sign-out without a network, for example. */
const usualFields: readonly CredentialField[] = [
  { name: 'username', label: 'Username', type: 'text', optional: false },
  { name: 'password', label: 'Password', type: 'password', optional: false },
]
