import { AuthGate, AuthProvider, useAccessToken, useAuth } from '@latchkey/react'
import type { AuthClient, AuthState } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import { act } from '@testing-library/react'
import type { ReactNode } from 'react'
import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openPage } from './support/page.tsx'
import type { User } from './support/user.ts'
import { cathy } from './support/user.ts'

const signedIn: AuthState<User> = {
  status: 'signed-in',
  session: { id: 'session-1', subject: 'subject-7', user: cathy, scope: ['read'] },
}

/** Every complaint of React: what it prints, and what it recovers from. */
const complaints: unknown[] = []

beforeEach(() => {
  complaints.length = 0
  vi.spyOn(console, 'error').mockImplementation((...words) => void complaints.push(words))
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('hydration', () => {
  it('takes over a page of a signed-in user, and then brings the token', async () => {
    const { client, pass } = openPage({ user: cathy, initialState: signedIn })
    const { served, container, unmount } = await hydrate(client, signedIn)
    expect(served).toBe('Cathy, no token')
    await pass()
    expect(container.textContent).toBe('Cathy, session-1.token-2')
    expect(complaints).toEqual([])
    unmount()
  })

  it('takes over a page that was rendered for nobody, though the client knows more already', async () => {
    const { client, pass } = openPage({ user: cathy })
    const ready = client.ready()
    await pass()
    expect(await ready).toMatchObject({ status: 'signed-in' })

    const { served, container, unmount } = await hydrate(client)
    expect(served).toBe('one momentno token')
    expect(container.textContent).toBe('Cathy, session-1.token-1')
    expect(complaints).toEqual([])
    unmount()
  })
})

/** Renders what a server would have sent, and hydrates it with the page's client. */
async function hydrate(
  client: AuthClient<User>,
  initialState?: AuthState<User>,
): Promise<{ served: string | null; container: Element; unmount: () => void }> {
  const container = document.createElement('div')
  document.body.append(container)
  const serverClient = createAuthClient<User>({ initialState })
  container.innerHTML = renderToString(<App client={serverClient} />)
  serverClient.dispose()
  const served = container.textContent
  const root = await act(async () =>
    hydrateRoot(container, <App client={client} />, {
      onRecoverableError: (error) => complaints.push(error),
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
        <AuthGate restoring="one moment" signedOut="nobody">
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

/** Outside the gate, so that a server renders it too. */
function Token(): ReactNode {
  return useAccessToken() ?? 'no token'
}
