import { createAuthClient } from '@latchkey/core'
import * as z from 'zod/mini'
import { readJson } from '../api.ts'
import { capitalize, formatDay } from '../format.ts'
import type { User } from '../user.ts'
import type { Row, System } from './system.ts'

/** The `user` that `authorizeLocalhost` returns: Classy itself knows only the application. */
const ClassyUser = z.pipe(
  z.object({ name: z.string() }),
  z.transform(({ name }): User => ({ firstName: name, name, detail: 'Admitted by this site' })),
)

const auth = createAuthClient({ basePath: '/auth/classy', user: ClassyUser })

const Campaigns = z.object({
  data: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      status: z.string(),
      type: z.string(),
      goal: z.number(),
      currency_code: z.string(),
      /** A moment such as `2026-12-31T23:59:59+0000`. */
      ended_at: z.nullable(z.string()),
    }),
  ),
})

type Campaign = z.infer<typeof Campaigns>['data'][number]

export const classy: System = {
  id: 'classy',
  label: 'Classy',
  auth,
  holdsToken: false,
  list: {
    title: 'Campaigns',
    itemLabel: 'a campaign',
    itemsLabel: 'campaigns',
    columns: ['Campaign', 'Status', 'Type', 'Goal', 'Ends'],
    load: async (signal) =>
      Campaigns.parse(await readJson(auth, '/api/classy/campaigns', { signal })).data.map(rowOf),
  },
}

function rowOf({ id, name, status, type, goal, currency_code, ended_at }: Campaign): Row {
  const amount = new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency: currency_code,
    maximumFractionDigits: 0,
  }).format(goal)
  return {
    id,
    name,
    status: capitalize(status),
    details: [capitalize(type), amount, ended_at === null ? '—' : formatDay(ended_at)],
    shortDetails: `${amount}, ${ended_at === null ? 'no end' : `until ${formatDay(ended_at)}`}`,
  }
}
