/** The user as this page shows it; the schema of each system creates it from what the BFF returns. */
export interface User {
  readonly firstName: string
  readonly name: string
  /** An email address, a business or the like. */
  readonly detail: string
}

declare module '@latchkey/react' {
  interface Register {
    user: User
  }
}
