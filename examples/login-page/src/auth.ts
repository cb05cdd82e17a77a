import { createAuthClient } from '@latchkey/core'
// Not `zod`: it compiles its schemas with `new Function`, which a strict content security policy forbids.
import * as z from 'zod/mini'

const User = z.object({
  id: z.number(),
  first_name: z.string(),
  last_name: z.string(),
  email: z.string(),
})

declare module '@latchkey/react' {
  interface Register {
    user: z.infer<typeof User>
  }
}

/** The session of this page, in and out of React. */
export const auth = createAuthClient({ user: User })
