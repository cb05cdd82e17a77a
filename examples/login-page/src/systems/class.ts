import { createAuthClient } from '@latchkey/core'
import * as z from 'zod/mini'
import { readJson } from '../api.ts'
import { formatDay } from '../format.ts'
import type { User } from '../user.ts'
import type { Row, System } from './system.ts'

const text = z.optional(z.string())

/** The claims of Class's ID Token, as far as the scope and the account give any, and what stands beside the token. */
const ClassUser = z.pipe(
  z.object({ given_name: text, name: text, email: text, username: text, BusinessName: text }),
  z.transform(({ given_name, name, email, username, BusinessName }): User => {
    const known = name ?? email ?? username ?? 'you'
    return { firstName: given_name ?? known, name: known, detail: BusinessName ?? email ?? '' }
  }),
)

const auth = createAuthClient({ basePath: '/auth/class', user: ClassUser })

const Funds = z.object({
  Data: z.array(
    z.object({
      Code: z.string(),
      Name: z.string(),
      Status: z.string(),
      LegalEntityType: z.string(),
      ABN: z.string(),
      /** A moment such as `2026-10-31T00:00:00`. */
      ProcessedToDate: z.string(),
    }),
  ),
})

type Fund = z.infer<typeof Funds>['Data'][number]

export const classSuper: System = {
  id: 'class',
  label: 'Class',
  auth,
  holdsToken: true,
  fields: {
    username: { name: 'username', label: 'username' },
    password: { name: 'password', label: 'password' },
  },
  list: {
    title: 'Funds',
    itemLabel: 'a fund',
    itemsLabel: 'funds',
    columns: ['Fund', 'Status', 'Type', 'ABN', 'Processed to'],
    load: async (signal) => {
      // Without it the answer is XML.
      const headers = { Accept: 'application/vnd.superip.action.v1+json' }
      const answer = await readJson(auth, '/api/class/fund-data/fund-list', { signal, headers })
      return Funds.parse(answer).Data.map(rowOf)
    },
  },
}

function rowOf({ Code, Name, Status, LegalEntityType, ABN, ProcessedToDate }: Fund): Row {
  const processedTo = formatDay(ProcessedToDate)
  return {
    id: Code,
    name: Name,
    status: Status,
    details: [LegalEntityType, ABN, processedTo],
    shortDetails: `${LegalEntityType}, to ${processedTo}`,
  }
}
