import { AuthGate, AuthProvider, useAccessToken, useAuth, useSignInMethods } from '@latchkey/react'
import { SignInForm } from '@latchkey/react/ui'
import type { AuthClient, InitialState } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import { act } from '@testing-library/react'
import type { ReactNode } from 'react'
import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSetup } from './support/setup.tsx'
import type { User } from './support/user.ts'
import { cathy } from './support/user.ts'

const signInMethods = {
  credentials: { fields: [{ name: 'pin', label: 'PIN', type: 'password' as const, optional: false }] },
}
const signedIn: InitialState<User> = {
  status: 'signed-in',
  session: { id: 'session-1', subject: 'subject-cathy', user: cathy, scope: ['read'] },
}

/** The errors that React prints, and those from which it recovers. */
const reactErrors: unknown[] = []

beforeEach(() => {
  reactErrors.length = 0
  vi.spyOn(console, 'error').mockImplementation((...args) => void reactErrors.push(args))
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('hydration', () => {
  it('keeps the page of a signed-in user, and then renders the token', async () => {
    const { client, browser, advance } = createSetup({ signedInAs: 'cathy', initialState: signedIn })
    const { served, container, unmount } = await hydrate(client, signedIn)
    expect(served).toBe('Cathy, no token')
    await advance()
    expect(container.textContent).toBe('Cathy, session-1.token-1')
    expect(reactErrors).toEqual([])
    expect(browser.requests).toEqual(['GET /auth/session'])
    unmount()
  })

  it('keeps the sign-in form of a signed-out browser, without a request', async () => {
    const initialState = { status: 'signed-out', session: null, signInMethods } as const
    const { client, browser, advance } = createSetup({ initialState })
    const { served, container, unmount } = await hydrate(client, initialState)
    expect(served).toBe('sign in with PINno token')
    await advance()
    expect(container.textContent).toBe(served)
    expect(reactErrors).toEqual([])
    expect(browser.requests).toEqual([])
    unmount()
  })

  it('keeps the SignInForm of a signed-out browser, with what is in it already', async () => {
    const initialState = { status: 'signed-out', session: null, reason: 'idle', signInMethods } as const
    const { client } = createSetup({ initialState })
    const page = (pageClient: AuthClient<User>): ReactNode => (
      <AuthProvider client={pageClient}>
        <SignInForm />
      </AuthProvider>
    )
    const container = document.createElement('div')
    document.body.append(container)
    const serverClient = createAuthClient<User>({ initialState })
    container.innerHTML = renderToString(page(serverClient))
    serverClient.dispose()
    const input = container.querySelector<HTMLInputElement>('input[name=pin]')
    if (input) input.value = '1234'
    const root = await act(async () =>
      hydrateRoot(container, page(client), { onRecoverableError: (error) => reactErrors.push(error) }),
    )
    expect(reactErrors).toEqual([])
    expect(container.textContent).toContain('because the page was not used')
    expect(container.querySelector('input[name=pin]')).toBe(input)
    expect(input?.value).toBe('1234')
    act(() => root.unmount())
    container.remove()
  })

  it('keeps a page that was rendered while restoring, and then renders what the client already knows', async () => {
    const { client, advance } = createSetup({ signedInAs: 'cathy' })
    const ready = client.ready()
    await advance()
    expect(await ready).toMatchObject({ status: 'signed-in' })

    const { served, container, unmount } = await hydrate(client)
    expect(served).toBe('loadingno token')
    expect(container.textContent).toBe('Cathy, session-1.token-1')
    expect(reactErrors).toEqual([])
    unmount()
  })
})

/** Renders the HTML of a server, and hydrates it with the client of the page. */
async function hydrate(
  client: AuthClient<User>,
  initialState?: InitialState<User>,
): Promise<{ served: string | null; container: Element; unmount: () => void }> {
  const container = document.createElement('div')
  document.body.append(container)
  const serverClient = createAuthClient<User>({ initialState })
  container.innerHTML = renderToString(<App client={serverClient} />)
  serverClient.dispose()
  const served = container.textContent
  const root = await act(async () =>
    hydrateRoot(container, <App client={client} />, {
      onRecoverableError: (error) => reactErrors.push(error),
    }),
  )
  return {
    served,
    container,
    unmount: () => {
      act(() => root.unmount())
      container.remove()
    },
  }
}

function App({ client }: { client: AuthClient<User> }): ReactNode {
  return (
    <StrictMode>
      <AuthProvider client={client}>
        <AuthGate restoring="loading" signedOut={<SignIn />}>
          <Name />
        </AuthGate>
        <Token />
      </AuthProvider>
    </StrictMode>
  )
}

function Name(): ReactNode {
  return `${useAuth().user?.first_name}, `
}

function SignIn(): ReactNode {
  return `sign in with ${useSignInMethods()
    ?.credentials?.fields.map(({ label }) => label)
    .join()}`
}

/** Outside the gate, so that the server also renders it. */
function Token(): ReactNode {
  return useAccessToken() ?? 'no token'
}
