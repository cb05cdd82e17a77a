import { createAuthClient } from '@latchkey/core'
// Not `zod`: it compiles its schemas with `new Function`, which a strict content security policy forbids.
import * as z from 'zod/mini'
import { readJson } from '../api.ts'
import { formatDay } from '../format.ts'
import type { User } from '../user.ts'
import type { Row, System } from './system.ts'

/** The `data` member of Axosoft's token response. */
const AxosoftUser = z.pipe(
  z.object({ first_name: z.string(), last_name: z.string(), email: z.string() }),
  z.transform(({ first_name, last_name, email }): User => ({
    firstName: first_name,
    name: `${first_name} ${last_name}`,
    detail: email,
  })),
)

const auth = createAuthClient({ basePath: '/auth/axosoft', user: AxosoftUser })

const Named = z.object({ name: z.string() })

const Items = z.object({
  data: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      status: Named,
      priority: Named,
      assigned_to: Named,
      /** A date such as `2026-12-01`. */
      due_date: z.nullable(z.string()),
    }),
  ),
})

type Item = z.infer<typeof Items>['data'][number]

export const axosoft: System = {
  id: 'axosoft',
  label: 'Axosoft',
  auth,
  holdsToken: true,
  list: {
    title: 'Items',
    itemLabel: 'an item',
    itemsLabel: 'items',
    columns: ['Item', 'Status', 'Priority', 'Assigned to', 'Due'],
    load: async (signal) =>
      Items.parse(await readJson(auth, '/api/axosoft/items', { signal })).data.map(rowOf),
  },
}

function rowOf({ id, name, status, priority, assigned_to, due_date }: Item): Row {
  return {
    id,
    name,
    status: status.name,
    details: [priority.name, assigned_to.name, due_date === null ? '—' : formatDay(due_date)],
    shortDetails: `${assigned_to.name}, ${due_date === null ? 'no date' : formatDay(due_date)}`,
  }
}
