/** What a dialog need not ask again. */
interface LastSignIn {
  readonly username: string
  readonly remember: boolean | undefined
}

/** By the `subject` of the session, in the memory of the page. */
const lastSignIns: Record<string, LastSignIn> = {}

/** Keeps how a user signed in. */
export function saveLastSignIn(subject: string, lastSignIn: LastSignIn): void {
  lastSignIns[subject] = lastSignIn
}

/** Finds how a user signed in last in this page. */
export function findLastSignIn(subject: string): LastSignIn | undefined {
  return lastSignIns[subject]
}
