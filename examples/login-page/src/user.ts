/** Who is signed in, in the words of this page: each system's schema makes one of what its BFF tells. */
export interface User {
  readonly firstName: string
  readonly name: string
  /** What else tells them apart: an address, a business. */
  readonly detail: string
}

declare module '@latchkey/react' {
  interface Register {
    user: User
  }
}
