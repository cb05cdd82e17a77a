import { useAccessToken, useAuth, useAuthClient, useAuthorizedFetch } from '@latchkey/react'
import type { ReactNode } from 'react'
import { memo, Profiler, useEffect, useState } from 'react'
import { act, fireEvent } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { oneRefresh, openPage } from './support/page.tsx'
import { cathy } from './support/user.ts'

describe('a silent refresh', () => {
  it('renders none of 1,000 components that read status and user, and once the one that shows the token', async () => {
    const { browser, show, pass } = openPage({ user: cathy })
    const renders: string[] = []
    let commits = 0
    const Reader = memo(function Reader(): ReactNode {
      const { status, user } = useAuth()
      renders.push(status)
      return <li>{`${status} ${user?.email}`}</li>
    })
    const { container } = show(
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
    await pass()
    expect(container.querySelectorAll('li')[999]?.textContent).toBe('signed-in cathy@example.com')
    expect(container.querySelector('p')?.textContent).toBe('session-1.token-1')

    renders.length = 0
    commits = 0
    await pass(oneRefresh)
    expect(browser.requests.at(-1)).toBe('POST /auth/token')
    expect(container.querySelector('p')?.textContent).toBe('session-1.token-2')
    expect([renders.length, commits]).toEqual([0, 1])
  })

  it('changes the identity of no function and of no user, and runs no effect on them', async () => {
    const { client, show, pass } = openPage({ user: cathy })
    const seen = new Set<unknown>()
    let effects = 0
    function Reader(): ReactNode {
      const [turn, setTurn] = useState(0)
      const auth = useAuth()
      const { signIn, signOut, user } = auth
      const authorizedFetch = useAuthorizedFetch()
      const { getAccessToken } = useAuthClient()
      useEffect(() => {
        effects += 1
        for (const one of [auth, user, signIn, signOut, authorizedFetch, getAccessToken]) seen.add(one)
      }, [auth, user, signIn, signOut, authorizedFetch, getAccessToken])
      return <button onClick={() => setTurn(turn + 1)}>{useAccessToken()}</button>
    }
    const { getByRole } = show(<Reader />)
    await pass()

    seen.clear()
    effects = 0
    for (let time = 0; time < 3; time += 1) {
      await pass(oneRefresh)
      fireEvent.click(getByRole('button'))
      // Who is still there is asked too, and the answer brings an equal user.
      await act(() => client.extend())
    }
    expect(client.accessToken.get()).toBe('session-1.token-4')
    expect([effects, seen.size]).toEqual([0, 0])
  })

  it('does not happen, and nobody renders, when a page with a valid token is focused', async () => {
    const { browser, tab, show, pass } = openPage({ user: cathy })
    const renders: string[] = []
    function Reader(): ReactNode {
      const text = `${useAuth().status} ${useAccessToken()}`
      renders.push(text)
      return text
    }
    show(<Reader />)
    await pass()

    renders.length = 0
    const requests = browser.requests.length
    act(() => tab.show())
    await pass()
    expect([renders.length, browser.requests.length - requests]).toEqual([0, 0])
  })
})

it('shows no token any more once it has expired', async () => {
  const { browser, show, pass } = openPage({ user: cathy })
  const { container } = show(<Token />)
  await pass()
  expect(container.textContent).toBe('session-1.token-1')
  browser.goOffline()
  await pass(899_000)
  expect(container.textContent).toBe('session-1.token-1')
  await pass(1_000)
  expect(container.textContent).toBe('none')
})

function Token(): ReactNode {
  return useAccessToken() ?? 'none'
}
