/** Which input a {@link CredentialField} needs: `otp` is a one-time code. */
export const credentialTypes = ['text', 'password', 'otp'] as const

/** One credential that a sign-in form asks for. */
export interface CredentialField {
  /** The name under which the page sends the value. */
  name: string
  /** The label to show, in the provider's words. */
  label: string
  type: (typeof credentialTypes)[number]
  /** Whether the user may leave the field empty. */
  optional: boolean
}

/** How users sign in; a page shows what is present. */
export interface SignInMethods {
  /** By a form with these fields. */
  credentials?: { fields: CredentialField[] } | undefined
  /** By a redirect to the authorization server. */
  redirect?: true | undefined
  /** Without the user: the server decides by the request alone. */
  automatic?: true | undefined
}

/** What else a sign-in needs, beside `challenge_required`. */
export interface SignInChallenge {
  /** The further credentials to send, for example a one-time code. */
  fields: CredentialField[]
  /** Names this attempt, opaque; the next sign-in sends it back. */
  id?: string | undefined
}
