import type { AuthClient, AuthState } from '@latchkey/core'
import type { Query, QueryClient, QueryKey } from '@tanstack/react-query'
import { createCacheOwner } from './cache-owner.ts'

/** The options of {@link bindQueryClient}. */
export interface BindQueryClientOptions {
  /** Stores the cache, for example in `localStorage`; its copy is removed together with the data. */
  readonly persister?: { readonly removeClient: () => unknown } | undefined
  /** Binds only the queries whose keys begin with this one, for a page with several auth clients; default: all queries. */
  readonly queryKey?: QueryKey | undefined
}

/**
 * Removes what a user has loaded when another user signs in or nobody is signed in any more: from the screen, the cache,
 * the requests that are running and the persister, at that moment. Queries with `meta: { public: true }` stay.
 *
 * When the session expires, running queries are cancelled and their data stays; when the same user signs in again, they
 * are fetched again. A persisted or dehydrated cache of another user is removed as soon as it is restored.
 *
 * Mutations have no key: all of them are removed, unless `queryKey` is set.
 *
 * @returns the function that ends the binding
 * @example
 * export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: authRetry() } } })
 * bindQueryClient(auth, queryClient)
 */
export function bindQueryClient<User>(
  auth: Pick<AuthClient<User>, 'getState' | 'subscribe'>,
  queryClient: QueryClient,
  { persister, queryKey }: BindQueryClientOptions = {},
): () => void {
  const queries = queryClient.getQueryCache()
  const owner = createCacheOwner(queryClient, queryKey ?? [])
  /** The user whose data the cache may contain; `undefined` until the client knows. */
  let subject: string | null | undefined

  const isPrivate = ({ meta }: Query): boolean => meta?.['public'] !== true
  const filters = { ...(queryKey && { queryKey }), predicate: isPrivate }

  const removeData = (): void => {
    for (const query of queries.findAll(filters)) {
      // Components that show a query notice only a change of its state, not that it left the cache.
      if (query.getObserversCount() > 0) query.reset()
      else queries.remove(query)
    }
    if (!queryKey) queryClient.getMutationCache().clear()
    owner.set(subject ?? null)
    // After the removals, which have replaced the data that the persister was about to write.
    void Promise.resolve(persister?.removeClient()).catch(() => {})
  }

  /** Fetches for the new user what is still on the screen, after React has removed the page of the old one. */
  const fetchMissing = (): void =>
    void setTimeout(() => {
      const isMissing = (query: Query): boolean =>
        isPrivate(query) && query.state.data === undefined && query.state.fetchStatus === 'idle'
      void queryClient.refetchQueries({ ...filters, type: 'active', predicate: isMissing })
    })

  const handleState = (state: AuthState<User>, previous?: AuthState<User>): void => {
    const { status, session } = state
    if (status === 'restoring') return
    const next = session?.subject ?? null
    if (next !== subject) {
      const isFirst = subject === undefined
      subject = next
      if (!isFirst || owner.hasOther(next)) removeData()
      else owner.set(next)
      if (!isFirst && status === 'signed-in') fetchMissing()
    } else if (status === 'expired') void queryClient.cancelQueries(filters)
    else if (status === 'signed-in' && previous?.status === 'expired')
      void queryClient.invalidateQueries(filters)
  }

  const unsubscribeFromCache = queries.subscribe(({ type }) => {
    // The cache is restored query by query, so that the data of the other user may follow its mark.
    if (type === 'added' && subject !== undefined && owner.hasOther(subject))
      queueMicrotask(() => {
        if (subject !== undefined && owner.hasOther(subject)) {
          removeData()
          if (subject !== null) fetchMissing()
        }
      })
  })
  const unsubscribe = auth.subscribe(handleState)
  handleState(auth.getState())
  return () => {
    unsubscribe()
    unsubscribeFromCache()
  }
}
