import { createAuthClient } from '@latchkey/core'
import * as z from 'zod/mini'
import { readJson } from '../api.ts'
import type { User } from '../user.ts'
import type { Row, System } from './system.ts'

/** Bright Pattern returns nothing about the user: the BFF adds the login ID. */
const BrightPatternUser = z.pipe(
  z.object({ username: z.string() }),
  z.transform(({ username }): User => ({ firstName: username, name: username, detail: 'Login ID' })),
)

const auth = createAuthClient({ basePath: '/auth/bright-pattern', user: BrightPatternUser })

const Directory = z.array(
  z.object({
    extension: z.string(),
    loginId: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    external: z.optional(z.string()),
  }),
)

type Entry = z.infer<typeof Directory>[number]

export const brightPattern: System = {
  id: 'bright-pattern',
  label: 'Bright Pattern',
  auth,
  holdsToken: true,
  list: {
    title: 'Users',
    itemLabel: 'a user',
    itemsLabel: 'users',
    columns: ['User', 'Extension', 'Login ID', 'External number'],
    load: async (signal) =>
      Directory.parse(await readJson(auth, '/api/bright-pattern/users', { signal })).map(rowOf),
  },
}

function rowOf({ extension, loginId, firstName, lastName, external = '—' }: Entry): Row {
  return {
    id: extension,
    name: `${firstName} ${lastName}`,
    status: extension,
    details: [loginId, external],
    shortDetails: loginId,
  }
}
