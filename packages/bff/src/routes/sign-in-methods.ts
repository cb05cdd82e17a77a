import type { CredentialField, SignInMethods } from '@latchkey/wire'
import type { Provider } from '../description/provider-description.ts'

/** The fields of a form, as a page needs them. */
export function createCredentialFields(fields: Provider['login']['fields']): CredentialField[] {
  return Object.entries(fields).map(([name, { label, type, optional }]) => ({ name, label, type, optional }))
}

/** How users of a provider sign in; every response about a session says it. */
export function createSignInMethods({ login }: Provider): SignInMethods {
  return login.mode === 'automatic'
    ? { automatic: true }
    : { credentials: { fields: createCredentialFields(login.fields) } }
}
