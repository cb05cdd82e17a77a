import { useAccessToken, useAuth, useAuthClient, useAuthorizedFetch } from '@latchkey/react'
import type { ReactNode } from 'react'
import { memo, Profiler, useEffect, useState } from 'react'
import { act, fireEvent } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { createSetup, refreshMs } from './support/setup.tsx'

describe('a silent refresh', () => {
  it('renders none of 1,000 components that read status and user, and renders the component with the token once', async () => {
    const { browser, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
    const renders: string[] = []
    let commits = 0
    const Reader = memo(function Reader(): ReactNode {
      const { status, user } = useAuth()
      renders.push(status)
      return <li>{`${status} ${user?.email}`}</li>
    })
    const { container } = renderBelowProvider(
      <>
        <ul>
          {Array.from({ length: 1000 }, (_, index) => (
            <Reader key={index} />
          ))}
        </ul>
        <Profiler id="token" onRender={() => (commits += 1)}>
          <p>
            <Token />
          </p>
        </Profiler>
      </>,
    )
    await advance()
    expect(container.querySelectorAll('li')[999]?.textContent).toBe('signed-in cathy@example.com')
    expect(container.querySelector('p')?.textContent).toBe('session-1.token-1')

    renders.length = 0
    commits = 0
    await advance(refreshMs)
    expect(browser.requests.at(-1)).toBe('POST /auth/token')
    expect(container.querySelector('p')?.textContent).toBe('session-1.token-2')
    expect([renders.length, commits]).toEqual([0, 1])
  })

  it('keeps the identity of the functions and the user, and runs none of their effects', async () => {
    const { client, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
    const values = new Set<unknown>()
    let effects = 0
    function Reader(): ReactNode {
      const [count, setCount] = useState(0)
      const auth = useAuth()
      const { signIn, signOut, user } = auth
      const authorizedFetch = useAuthorizedFetch()
      const { getAccessToken } = useAuthClient()
      useEffect(() => {
        effects += 1
        for (const value of [auth, user, signIn, signOut, authorizedFetch, getAccessToken]) values.add(value)
      }, [auth, user, signIn, signOut, authorizedFetch, getAccessToken])
      return <button onClick={() => setCount(count + 1)}>{useAccessToken()}</button>
    }
    const { getByRole } = renderBelowProvider(<Reader />)
    await advance()

    values.clear()
    effects = 0
    for (let count = 0; count < 3; count += 1) {
      await advance(refreshMs)
      fireEvent.click(getByRole('button'))
      // The response contains an equal user.
      await act(() => client.extend())
    }
    expect(client.accessToken.get()).toBe('session-1.token-4')
    expect([effects, values.size]).toEqual([0, 0])
  })

  it('does not run, and no component renders, when a page with a valid token gets the focus', async () => {
    const { browser, tab, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
    const renders: string[] = []
    function Reader(): ReactNode {
      const text = `${useAuth().status} ${useAccessToken()}`
      renders.push(text)
      return text
    }
    renderBelowProvider(<Reader />)
    await advance()

    renders.length = 0
    const requests = browser.requests.length
    act(() => tab.show())
    await advance()
    expect([renders.length, browser.requests.length - requests]).toEqual([0, 0])
  })
})

it('useAccessToken returns null when the token has expired', async () => {
  const { browser, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
  const { container } = renderBelowProvider(<Token />)
  await advance()
  expect(container.textContent).toBe('session-1.token-1')
  browser.goOffline()
  await advance(899_000)
  expect(container.textContent).toBe('session-1.token-1')
  await advance(1_000)
  expect(container.textContent).toBe('none')
})

function Token(): ReactNode {
  return useAccessToken() ?? 'none'
}
