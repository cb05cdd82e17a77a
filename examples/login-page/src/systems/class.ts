import { createAuthClient } from '@latchkey/core'
import * as z from 'zod/mini'
import { readJson } from '../api.ts'
import { formatDay } from '../format.ts'
import type { User } from '../user.ts'
import type { Row, System } from './system.ts'

const text = z.optional(z.string())

/** The claims of Class's ID Token, which depend on scope and account, and the extra members of its token response. */
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
  list: {
    title: 'Funds',
    itemLabel: 'a fund',
    itemsLabel: 'funds',
    columns: ['Fund', 'Status', 'Type', 'ABN', 'Processed to'],
    load: async (signal) => {
      // Without this header the response is XML.
      const headers = { Accept: 'application/vnd.superip.action.v1+json' }
      const response = await readJson(auth, '/api/class/funds', { signal, headers })
      return Funds.parse(response).Data.map(rowOf)
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
