/** A user in the shape that Axosoft returns. */
export interface User {
  id: number
  first_name: string
  last_name: string
  email: string
}

declare module '@latchkey/react' {
  interface Register {
    user: User
  }
}

export const cathy: User = { id: 7, first_name: 'Cathy', last_name: "O'Reilly", email: 'cathy@example.com' }
export const noor: User = { id: 11, first_name: 'Noor', last_name: 'Jansen', email: 'noor@example.com' }

/** The users by the usernames with which they sign in. */
export const users = { cathy, noor } as const
