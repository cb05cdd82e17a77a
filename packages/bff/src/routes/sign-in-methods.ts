import type { CredentialField, SignInMethods } from '@latchkey/wire'
import type { Provider } from '../description/provider-description.ts'

/** Creates the fields of a sign-in form for the page. */
export function createCredentialFields(fields: Provider['login']['fields']): CredentialField[] {
  return Object.entries(fields).map(([name, { label, type, optional }]) => ({ name, label, type, optional }))
}

/** Describes how users of a provider sign in; part of every response about a session. */
export function createSignInMethods({ login }: Provider): SignInMethods {
  return login.mode === 'automatic'
    ? { automatic: true }
    : { credentials: { fields: createCredentialFields(login.fields) } }
}
