import { AuthGate } from '@latchkey/react'
import { AuthError } from '@latchkey/core'
import { authRetry, bindQueryClient } from '@latchkey/react/query'
import { createSyncStoragePersister } from '@tanstack/query-sync-storage-persister'
import type { QueryKey } from '@tanstack/react-query'
import {
  QueryClient,
  QueryClientProvider,
  dehydrate,
  hydrate,
  keepPreviousData,
  useMutation,
  useQuery,
} from '@tanstack/react-query'
import { persistQueryClient } from '@tanstack/react-query-persist-client'
import { act, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { memo } from 'react'
import { afterEach, describe, expect, it } from 'vitest'
import type { Setup } from './support/setup.tsx'
import { createSetup } from './support/setup.tsx'

const unbinds: (() => void)[] = []
afterEach(() => {
  for (const unbind of unbinds.splice(0)) unbind()
})

function createQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: authRetry(0), staleTime: Infinity } } })
}

interface QuerySetup extends Setup {
  readonly queryClient: QueryClient
  /** Renders below the providers of both clients. */
  readonly renderBelowProviders: (children: ReactNode) => HTMLElement
  /** The queries that ran, by key and user. */
  readonly loads: string[]
}

async function createQuerySetup(
  options: Parameters<typeof createSetup>[0] = { signedInAs: 'cathy' },
  bindOptions?: Parameters<typeof bindQueryClient>[2],
): Promise<QuerySetup> {
  const setup = createSetup(options)
  const queryClient = createQueryClient()
  const loads: string[] = []
  queryClient.setDefaultOptions({
    queries: {
      ...queryClient.getDefaultOptions().queries,
      queryFn: ({ queryKey }: { queryKey: QueryKey }) => {
        const { session } = setup.client.getState()
        loads.push(`${String(queryKey[0])} for ${session?.user.first_name}`)
        return `${String(queryKey[0])} of ${session?.user.first_name}`
      },
    },
  })
  unbinds.push(bindQueryClient(setup.client, queryClient, bindOptions))
  await setup.advance()
  return {
    ...setup,
    queryClient,
    loads,
    renderBelowProviders: (children) =>
      setup.renderBelowProvider(<QueryClientProvider client={queryClient}>{children}</QueryClientProvider>)
        .container,
  }
}

/** Renders only when its own query changes, as a panel of a dashboard does. */
const Panel = memo(({ name, isPublic = false }: { name: string; isPublic?: boolean }) => {
  const { data, fetchStatus } = useQuery<string>({
    queryKey: [name],
    ...(isPublic && { meta: { public: true } }),
  })
  return <p>{data ?? fetchStatus}</p>
})

async function signInAs(setup: Setup, username: string): Promise<void> {
  await act(async () => void (await setup.client.signIn({ username, password: 'secret' })))
}

describe('a page whose query client is bound', () => {
  it('shows nothing of a user who signed out, in components that are still mounted', async () => {
    const setup = await createQuerySetup()
    const container = setup.renderBelowProviders(<Panel name="payslips" />)
    await expect.poll(() => container.textContent).toBe('payslips of Cathy')
    await act(() => setup.client.signOut())
    await expect.poll(() => container.textContent).toBe('idle')
    expect(JSON.stringify(dehydrate(setup.queryClient))).not.toContain('Cathy')
  })

  it('shows the next user nothing of the last one, and fetches what is on the screen', async () => {
    const setup = await createQuerySetup()
    const container = setup.renderBelowProviders(<Panel name="payslips" />)
    await expect.poll(() => container.textContent).toBe('payslips of Cathy')
    await signInAs(setup, 'noor')
    await expect.poll(() => container.textContent).not.toContain('Cathy')
    await expect.poll(() => container.textContent).toBe('payslips of Noor')
  })

  it('sends no query of the last page for the next user when AuthGate replaces the page', async () => {
    const setup = await createQuerySetup()
    const Page = () => <Panel name={`page of ${setup.client.getState().session?.user.first_name}`} />
    const container = setup.renderBelowProviders(
      <AuthGate signedOut="sign in">
        <Page />
      </AuthGate>,
    )
    await expect.poll(() => container.textContent).toBe('page of Cathy of Cathy')
    await signInAs(setup, 'noor')
    await expect.poll(() => container.textContent).toBe('page of Noor of Noor')
    expect(setup.loads).toEqual(['page of Cathy for Cathy', 'page of Noor for Noor'])
  })

  it('keeps what the same user loaded when that user signs in again', async () => {
    const setup = await createQuerySetup()
    const container = setup.renderBelowProviders(<Panel name="payslips" />)
    await expect.poll(() => container.textContent).toBe('payslips of Cathy')
    setup.bff.endSessions()
    await act(() => setup.client.extend().then(String, String))
    expect(setup.client.getState().status).toBe('expired')
    expect(container.textContent).toBe('payslips of Cathy')
    await signInAs(setup, 'cathy')
    expect(container.textContent).toBe('payslips of Cathy')
    await expect.poll(() => setup.loads).toEqual(['payslips for Cathy', 'payslips for Cathy'])
  })

  it('keeps public queries', async () => {
    const setup = await createQuerySetup()
    const container = setup.renderBelowProviders(<Panel name="opening hours" isPublic />)
    await expect.poll(() => container.textContent).toBe('opening hours of Cathy')
    await act(() => setup.client.signOut())
    await signInAs(setup, 'noor')
    expect(container.textContent).toBe('opening hours of Cathy')
    expect(setup.loads).toHaveLength(1)
  })

  it('cancels requests of the last user, and never stores a response that arrives later', async () => {
    const setup = await createQuerySetup()
    let respond = (_text: string): void => {}
    const loading = new Promise<string>((resolve) => void (respond = resolve))
    const signals: AbortSignal[] = []
    const result = setup.queryClient
      .fetchQuery({
        queryKey: ['slow'],
        queryFn: ({ signal }) => {
          signals.push(signal)
          return loading
        },
      })
      .catch(() => 'cancelled')
    await act(() => setup.client.signOut())
    expect(signals[0]?.aborted).toBe(true)
    respond('payslips of Cathy')
    expect(await result).toBe('cancelled')
    expect(setup.queryClient.getQueryData(['slow'])).toBeUndefined()
  })

  it('shows no previous data of the last user while the next page loads', async () => {
    const setup = await createQuerySetup()
    const List = ({ page }: { page: number }) => {
      const { data } = useQuery<string>({
        queryKey: [`page ${page}`],
        placeholderData: keepPreviousData,
        enabled: page === 1,
      })
      return <p>{data ?? 'nothing'}</p>
    }
    const view = render(
      <QueryClientProvider client={setup.queryClient}>
        <List page={1} />
      </QueryClientProvider>,
    )
    await expect.poll(() => view.container.textContent).toBe('page 1 of Cathy')
    await act(() => setup.client.signOut())
    view.rerender(
      <QueryClientProvider client={setup.queryClient}>
        <List page={2} />
      </QueryClientProvider>,
    )
    expect(view.container.textContent).toBe('nothing')
  })

  it('forgets the mutations of the last user, so that a paused one is never sent for the next', async () => {
    const setup = await createQuerySetup()
    const Payment = () => {
      const { mutate } = useMutation({ mutationFn: () => Promise.resolve('paid') })
      return (
        <button type="button" onClick={() => mutate()}>
          Pay
        </button>
      )
    }
    const container = setup.renderBelowProviders(<Payment />)
    act(() => container.querySelector('button')!.click())
    expect(setup.queryClient.getMutationCache().getAll()).toHaveLength(1)
    await act(() => setup.client.signOut())
    expect(setup.queryClient.getMutationCache().getAll()).toEqual([])
  })

  it('with a key, keeps the queries and mutations of other clients', async () => {
    const setup = await createQuerySetup({ signedInAs: 'cathy' }, { queryKey: ['axosoft'] })
    setup.queryClient.setQueryData(['axosoft', 'items'], 'items of Cathy')
    setup.queryClient.setQueryData(['classy', 'campaigns'], 'campaigns')
    await act(() => setup.client.signOut())
    expect(setup.queryClient.getQueryData(['axosoft', 'items'])).toBeUndefined()
    expect(setup.queryClient.getQueryData(['classy', 'campaigns'])).toBe('campaigns')
  })

  it('does nothing after the binding has ended', async () => {
    const setup = await createQuerySetup()
    setup.queryClient.setQueryData(['payslips'], 'payslips of Cathy')
    unbinds.pop()!()
    await act(() => setup.client.signOut())
    expect(setup.queryClient.getQueryData(['payslips'])).toBe('payslips of Cathy')
  })
})

describe('a persisted cache', () => {
  const createStorage = () => {
    const items = new Map<string, string>()
    return {
      items,
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    }
  }

  it('has nothing of the user at the moment of the sign-out, nor after the persister has written again', async () => {
    const storage = createStorage()
    const persister = createSyncStoragePersister({ storage, throttleTime: 20 })
    const setup = await createQuerySetup({ signedInAs: 'cathy' }, { persister })
    const [stop, restored] = persistQueryClient({ queryClient: setup.queryClient, persister })
    unbinds.push(stop)
    await restored
    setup.queryClient.setQueryData(['payslips'], 'payslips of Cathy')
    const isStored = (text: string): boolean => [...storage.items.values()].join().includes(text)
    await expect.poll(() => isStored('payslips of Cathy')).toBe(true)
    setup.queryClient.setQueryData(['payslips'], 'new payslips of Cathy')
    await act(() => setup.client.signOut())
    expect(isStored('Cathy')).toBe(false)
    setup.queryClient.setQueryData(['opening hours'], 'nine to five')
    await expect.poll(() => isStored('nine to five')).toBe(true)
    expect(isStored('Cathy')).toBe(false)
  })

  it.each(['before', 'after'])(
    'of another user is removed, restored %s the session is known',
    async (order) => {
      const cathys = await createQuerySetup()
      cathys.queryClient.setQueryData(['payslips'], 'payslips of Cathy')
      const persisted = dehydrate(cathys.queryClient)

      const setup = createSetup({ signedInAs: 'noor' })
      const queryClient = createQueryClient()
      if (order === 'before') hydrate(queryClient, persisted)
      unbinds.push(bindQueryClient(setup.client, queryClient))
      await setup.advance()
      if (order === 'after') hydrate(queryClient, persisted)
      await expect.poll(() => queryClient.getQueryData(['payslips'])).toBeUndefined()
      expect(setup.client.getState().session?.user.first_name).toBe('Noor')
    },
  )

  it('of the same user is kept, and removed when nobody is signed in', async () => {
    const cathys = await createQuerySetup()
    cathys.queryClient.setQueryData(['payslips'], 'payslips of Cathy')
    const persisted = dehydrate(cathys.queryClient)
    const subject = cathys.client.getState().session!.subject

    const restored = createQueryClient()
    hydrate(restored, persisted)
    unbinds.push(bindQueryClient(cathys.client, restored))
    expect(restored.getQueryData(['payslips'])).toBe('payslips of Cathy')

    const nobody = createSetup()
    const other = createQueryClient()
    hydrate(other, persisted)
    unbinds.push(bindQueryClient(nobody.client, other))
    await nobody.advance()
    expect(other.getQueryData(['payslips'])).toBeUndefined()
    expect(JSON.stringify(dehydrate(other))).not.toContain(subject)
  })
})

describe('authRetry', () => {
  it('retries an outage three times, and never what only the user can resolve', () => {
    const retry = authRetry()
    const outage = new AuthError('network_error', 'offline')
    expect([0, 1, 2, 3].map((failures) => retry(failures, outage))).toEqual([true, true, true, false])
    for (const code of ['login_required', 'invalid_credentials', 'access_denied'] as const)
      expect(retry(0, new AuthError(code, code))).toBe(false)
  })

  it('reads the AuthError that another client has wrapped, and retries other errors', () => {
    const retry = authRetry(1)
    expect(retry(0, new Error('wrapped', { cause: new AuthError('login_required', 'x') }))).toBe(false)
    expect(retry(0, new TypeError('Failed to fetch'))).toBe(true)
    expect(retry(1, new TypeError('Failed to fetch'))).toBe(false)
  })
})
