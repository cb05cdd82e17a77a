import type { AuthClient } from '@latchkey/core'
import type { User } from '../user.ts'

/** What differs between the systems; the rest of the page is the same for all. */
export interface System {
  /** Its name in the page's URL. */
  readonly id: string
  readonly label: string
  /** Sends nothing until the system is shown. */
  readonly auth: AuthClient<User>
  /** Whether the page gets the access token, or only its BFF has it (mode `proxy`). */
  readonly holdsToken: boolean
  readonly list: List
}

/** What the page shows to signed-in users. */
export interface List {
  readonly title: string
  readonly itemLabel: string
  readonly itemsLabel: string
  /** Headings of the name, the status and each of the details. */
  readonly columns: readonly string[]
  readonly load: (signal: AbortSignal) => Promise<Row[]>
}

export interface Row {
  readonly id: number | string
  readonly name: string
  readonly status: string
  /** Shown in wide windows. */
  readonly details: readonly string[]
  /** Shown in narrow windows. */
  readonly shortDetails: string
}
