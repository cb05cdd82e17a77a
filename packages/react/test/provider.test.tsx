import type { RegisteredClient, UseAuthResult } from '@latchkey/react'
import {
  AuthGate,
  AuthProvider,
  useAccessToken,
  useAuth,
  useAuthClient,
  useAuthorizedFetch,
} from '@latchkey/react'
import { act, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { Component } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { createSetup } from './support/setup.tsx'
import { noor } from './support/user.ts'

describe('AuthProvider in StrictMode', () => {
  it('sends one request, sets one timer and one set of listeners, and removes them when it unmounts', async () => {
    const { browser, tab, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
    const { unmount } = renderBelowProvider(<Name />)
    await advance()
    expect(browser.requests).toEqual(['GET /auth/session'])
    expect(browser.timerCount()).toBe(1)
    expect(tab.listenerCount()).toBe(await countListenersOfOneSubscriber())

    unmount()
    expect(browser.timerCount()).toBe(0)
    expect(tab.listenerCount()).toBe(0)
  })

  it('refreshes the token even if no component below it uses the client', async () => {
    const { browser, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
    renderBelowProvider(null)
    await advance(850_000)
    expect(browser.requests).toEqual(['GET /auth/session', 'POST /auth/token'])
  })

  it('unsubscribes from a client when it gets another one', async () => {
    const previous = createSetup({ signedInAs: 'cathy' })
    const next = createSetup({ signedInAs: 'noor' })
    const { rerender, container } = previous.renderBelowProvider(<Name />)
    await previous.advance()
    expect(container.textContent).toBe('Cathy')

    rerender(
      <AuthProvider client={next.client}>
        <Name />
      </AuthProvider>,
    )
    await next.advance()
    expect(container.textContent).toBe('Noor')
    expect([previous.browser.timerCount(), previous.tab.listenerCount()]).toEqual([0, 0])
  })

  it('notices the end of a session without a call from the page', async () => {
    const { bff, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
    const { container } = renderBelowProvider(<Status />)
    await advance()
    expect(container.textContent).toBe('signed-in')
    bff.endSessions('idle')
    await advance(850_000)
    expect(container.textContent).toBe('expired')
  })
})

it('does not render a consumer when its parent renders', async () => {
  const { client, advance } = createSetup({ signedInAs: 'cathy' })
  let renders = 0
  const consumer = <Counted onRender={() => (renders += 1)} />
  const createPage = (): ReactNode => <AuthProvider client={client}>{consumer}</AuthProvider>
  const { rerender } = render(createPage())
  await advance()

  renders = 0
  for (let count = 0; count < 5; count += 1) rerender(createPage())
  expect(renders).toBe(0)
})

it('useAuth signs in and out', async () => {
  const { renderBelowProvider, advance } = createSetup()
  const results: UseAuthResult[] = []
  function Reader(): ReactNode {
    results.push(useAuth())
    return null
  }
  renderBelowProvider(<Reader />)
  await advance()
  expect(results.at(-1)).toMatchObject({ status: 'signed-out', session: null, user: null })

  await act(() => results.at(-1)?.signIn({ username: 'noor', password: 'secret' }))
  expect(results.at(-1)).toMatchObject({
    status: 'signed-in',
    user: noor,
    session: { subject: 'subject-noor' },
  })

  await act(() => results.at(-1)?.signOut())
  expect(results.at(-1)).toMatchObject({ status: 'signed-out', reason: 'signed_out', user: null })
})

describe('outside AuthProvider', () => {
  const advice =
    'outside <AuthProvider>. Render <AuthProvider client={…}> above this component. If there is one, two copies of @latchkey/react are installed: run npm ls @latchkey/react'

  it.each([
    ['useAuth', useAuth],
    ['useAccessToken', useAccessToken],
    ['useAuthorizedFetch', useAuthorizedFetch],
    ['useAuthClient', useAuthClient],
  ])('%s throws an error that names it and the remedy', (name, useHook) => {
    function Consumer(): ReactNode {
      useHook()
      return null
    }
    expect(renderError(<Consumer />)).toBe(`${name}() was called ${advice}`)
  })

  it('AuthGate throws an error that names it and the remedy', () => {
    expect(renderError(<AuthGate signedOut={null}>secret</AuthGate>)).toBe(
      `<AuthGate> was rendered ${advice}`,
    )
  })
})

it('AuthProvider without a client throws an error that names the remedy', () => {
  const client = undefined as unknown as RegisteredClient
  expect(renderError(<AuthProvider client={client} />)).toBe(
    '<AuthProvider> was rendered without a client. Create one with createAuthClient() in a separate module, and pass it: <AuthProvider client={auth}>.',
  )
})

/** Renders children that throw, and returns the message. */
function renderError(children: ReactNode): string | null {
  // React prints the errors that a boundary catches.
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { container } = render(<Boundary>{children}</Boundary>)
  print.mockRestore()
  return container.textContent
}

async function countListenersOfOneSubscriber(): Promise<number> {
  const { client, tab, advance } = createSetup({ signedInAs: 'cathy' })
  const unsubscribe = client.subscribe(() => {})
  await advance()
  const count = tab.listenerCount()
  unsubscribe()
  return count
}

function Name(): ReactNode {
  return useAuth().user?.first_name
}

function Status(): ReactNode {
  return useAuth().status
}

function Counted({ onRender }: { onRender: () => void }): ReactNode {
  onRender()
  const { status } = useAuth()
  return `${status} ${useAccessToken()}`
}

class Boundary extends Component<{ children: ReactNode }> {
  override readonly state: { message?: string } = {}
  static getDerivedStateFromError(error: Error): { message: string } {
    return { message: error.message }
  }
  override render(): ReactNode {
    return this.state.message ?? this.props.children
  }
}
