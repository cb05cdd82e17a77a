// @vitest-environment happy-dom
import { createTestAuth } from '@latchkey/core/testing'
import { AuthGate, AuthProvider } from '@latchkey/react'
import { configureStore } from '@reduxjs/toolkit'
import { createApi } from '@reduxjs/toolkit/query'
import { act, cleanup, configure, render, screen } from '@testing-library/react'
import useSWR from 'swr'
import { afterEach, describe, expect, it } from 'vitest'
import { createAuthBaseQuery } from './src/base-query.ts'
import { bindApi } from './src/bind-api.ts'
import { SwrProvider } from './src/SwrProvider.tsx'

// Milliseconds, for a machine that is busy with other work.
configure({ asyncUtilTimeout: 20_000 })
afterEach(cleanup)

const pageUrl = 'https://app.test/'

/** A client whose API returns the name of the user and counts requests. */
function createAuth() {
  let count = 0
  return createTestAuth({
    user: { username: 'cathy' },
    pageUrl,
    api: (request, bff) => {
      count += 1
      const [id] = (request.headers.get('authorization') ?? '').replace('Bearer ', '').split('.')
      return bff.acceptsToken(request) ? Response.json(`${id} ${count}`) : new Response(null, { status: 401 })
    },
  })
}

describe('SWR below AuthGate', () => {
  function Name() {
    const { data, error } = useSWR<string>('/api/name')
    return <p>{error ? String(error) : (data ?? 'Loading…')}</p>
  }

  it('fetches again after the same user has signed in again, and shows no other user what this one has loaded', async () => {
    const auth = createAuth()
    render(
      <AuthProvider client={auth}>
        <AuthGate signedOut={<p>Signed out</p>} expired={<p>Expired</p>}>
          <SwrProvider>
            <Name />
          </SwrProvider>
        </AuthGate>
      </AuthProvider>,
    )
    await screen.findByText('session-1 1')
    await act(() => auth.expire())
    expect(screen.getByText('session-1 1')).toBeDefined()
    await act(() => auth.signIn({ username: 'cathy', password: 'pw' }))
    await screen.findByText('session-2 2')

    await act(() => auth.signOut())
    expect(screen.queryByText(/^session/)).toBeNull()
    await act(() => auth.signIn({ username: 'bob', password: 'pw' }))
    expect(screen.queryByText('session-2 2')).toBeNull()
    await screen.findByText('session-3 3')
  })
})

describe('RTK Query', () => {
  it('keeps the code of an error, and forgets what a user has loaded when that user signs out', async () => {
    const auth = createAuth()
    const api = createApi({
      baseQuery: createAuthBaseQuery(auth, pageUrl),
      endpoints: (build) => ({ getName: build.query<string, void>({ query: () => '/api/name' }) }),
    })
    const store = configureStore({
      reducer: { [api.reducerPath]: api.reducer },
      middleware: (defaults) => defaults().concat(api.middleware),
    })
    bindApi(auth, () => store.dispatch(api.util.resetApiState()))

    expect((await store.dispatch(api.endpoints.getName.initiate())).data).toBe('session-1 1')
    expect(JSON.stringify(store.getState())).toContain('session-1')
    await auth.expire('idle')
    expect(JSON.stringify(store.getState())).toContain('session-1')
    await auth.signOut()
    await expect.poll(() => JSON.stringify(store.getState())).not.toContain('session-1')
    const { error } = await store.dispatch(api.endpoints.getName.initiate())
    expect(error).toEqual({ status: 'AUTH_ERROR', code: 'login_required', reason: 'signed_out' })
  })
})
