import type { AuthClient } from '@latchkey/core'
import type { User } from '../user.ts'

/** What differs from one system to the next; the rest of the page is the same for all. */
export interface System {
  /** Its name in addresses. */
  readonly id: string
  readonly label: string
  /** Made once, and asleep until the system is shown. */
  readonly auth: AuthClient<User>
  /** Whether the page holds the access token, or leaves it to the BFF (mode `proxy`). */
  readonly holdsToken: boolean
  /** What a person types to sign in; absent where nobody types anything. */
  readonly fields?: { readonly username: CredentialField; readonly password: CredentialField }
  readonly list: List
}

/** A field of the form. */
export interface CredentialField {
  /** The name that the provider has for it (`login.fields`). */
  readonly name: string
  /** In the middle of a sentence. */
  readonly label: string
}

/** What the page shows to who is signed in. */
export interface List {
  readonly title: string
  readonly itemLabel: string
  readonly itemsLabel: string
  /** Over the name, the status and each of the details. */
  readonly columns: readonly string[]
  readonly load: (signal: AbortSignal) => Promise<Row[]>
}

export interface Row {
  readonly id: number | string
  readonly name: string
  readonly status: string
  /** Where there is room for them. */
  readonly details: readonly string[]
  /** What a narrow window has of the details. */
  readonly shortDetails: string
}
