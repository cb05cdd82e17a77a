import type { UseAuthResult } from '@latchkey/react'
import { AuthProvider, useAccessToken, useAuth, useAuthClient, useAuthorizedFetch } from '@latchkey/react'
import { act, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { Component } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { openPage } from './support/page.tsx'
import { cathy, noor } from './support/user.ts'

describe('a provider in StrictMode', () => {
  it('makes one request, one alarm and one set of listeners, and leaves none behind', async () => {
    const { browser, tab, show, pass } = openPage({ user: cathy })
    const { unmount } = show(<Name />)
    await pass()
    expect(browser.requests).toEqual(['GET /auth/session'])
    expect(browser.timerCount()).toBe(1)
    expect(tab.listenerCount()).toBe(await oneSetOfListeners())

    unmount()
    expect(browser.timerCount()).toBe(0)
    expect(tab.listenerCount()).toBe(0)
  })

  it('keeps the client awake though no component below uses it', async () => {
    const { browser, show, pass } = openPage({ user: cathy })
    show(null)
    await pass(850_000)
    expect(browser.requests).toEqual(['GET /auth/session', 'POST /auth/token'])
  })

  it('lets go of a client when it is given another one', async () => {
    const old = openPage({ user: cathy })
    const next = openPage({ user: noor })
    const { rerender, container } = old.show(<Name />)
    await old.pass()
    expect(container.textContent).toBe('Cathy')

    rerender(
      <AuthProvider client={next.client}>
        <Name />
      </AuthProvider>,
    )
    await next.pass()
    expect(container.textContent).toBe('Noor')
    expect([old.browser.timerCount(), old.tab.listenerCount()]).toEqual([0, 0])
  })

  it('hears of the end of a session without a call from the page', async () => {
    const { bff, show, pass } = openPage({ user: cathy })
    const { container } = show(<Status />)
    await pass()
    expect(container.textContent).toBe('signed-in')
    bff.end()
    await pass(850_000)
    expect(container.textContent).toBe('expired')
  })
})

it('renders nobody when something above renders', async () => {
  const { client, pass } = openPage({ user: cathy })
  let renders = 0
  const consumer = <Counted onRender={() => (renders += 1)} />
  const page = (): ReactNode => <AuthProvider client={client}>{consumer}</AuthProvider>
  const { rerender } = render(page())
  await pass()

  renders = 0
  for (let time = 0; time < 5; time += 1) rerender(page())
  expect(renders).toBe(0)
})

it('signs in and out', async () => {
  const { show, pass } = openPage()
  const seen: UseAuthResult[] = []
  function Reader(): ReactNode {
    seen.push(useAuth())
    return null
  }
  show(<Reader />)
  await pass()
  expect(seen.at(-1)).toMatchObject({ status: 'signed-out', session: null, user: null })

  await act(() => seen.at(-1)?.signIn({ username: 'noor', password: 'secret' }))
  expect(seen.at(-1)).toMatchObject({ status: 'signed-in', user: noor, session: { subject: 'subject-11' } })

  await act(() => seen.at(-1)?.signOut())
  expect(seen.at(-1)).toMatchObject({ status: 'signed-out', reason: 'signed_out', user: null })
})

describe.each([
  ['useAuth', useAuth],
  ['useAccessToken', useAccessToken],
  ['useAuthorizedFetch', useAuthorizedFetch],
  ['useAuthClient', useAuthClient],
])('%s outside a provider', (_, useIt) => {
  it('says what to do', () => {
    // React prints what a boundary catches.
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    function Outsider(): ReactNode {
      useIt()
      return null
    }
    const { container } = render(
      <Boundary>
        <Outsider />
      </Boundary>,
    )
    expect(container.textContent).toBe('Put an <AuthProvider> above this component')
    print.mockRestore()
  })
})

/** How many listeners a client has that one subscriber watches. */
async function oneSetOfListeners(): Promise<number> {
  const { client, tab, pass } = openPage({ user: cathy })
  const stop = client.subscribe(() => {})
  await pass()
  const count = tab.listenerCount()
  stop()
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
