import type { QueryClient, QueryKey } from '@tanstack/react-query'

/** The user to whom the data of a cache belongs, as a query of that cache: it is persisted and dehydrated with the data. */
export interface CacheOwner {
  /** Whether the cache names a user other than `subject`; `null` when nobody is signed in. */
  readonly hasOther: (subject: string | null) => boolean
  readonly set: (subject: string | null) => void
}

/** @param scope the beginning of the keys of the queries that belong to the user */
export function createCacheOwner(queryClient: QueryClient, scope: QueryKey): CacheOwner {
  const queryKey = [...scope, '@latchkey/react/query', 'subject']
  // Never collected, and not the data of a user.
  queryClient.setQueryDefaults(queryKey, { gcTime: Infinity, staleTime: Infinity, meta: { public: true } })
  return {
    hasOther: (subject) =>
      queryClient
        .getQueryCache()
        .findAll({ queryKey })
        .some(({ queryKey: key }) => key.at(-1) !== subject),
    set: (subject) => {
      queryClient.removeQueries({ queryKey })
      if (subject !== null) queryClient.setQueryData([...queryKey, subject], true)
    },
  }
}
