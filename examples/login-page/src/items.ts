import { queryOptions } from '@tanstack/react-query'
import * as z from 'zod/mini'
import { auth } from './auth.ts'

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

export type Item = z.infer<typeof Items>['data'][number]

/** An answer of Axosoft that is no success. */
export class ItemsError extends Error {
  readonly status: number
  constructor(status: number) {
    super(`Axosoft answered ${status}`)
    this.status = status
  }
}

export const itemsQuery = queryOptions({
  queryKey: ['items'],
  queryFn: async ({ signal }): Promise<Item[]> => {
    const response = await auth.fetch('/api/v6/items', { signal })
    if (!response.ok) throw new ItemsError(response.status)
    return Items.parse(await response.json()).data
  },
})
