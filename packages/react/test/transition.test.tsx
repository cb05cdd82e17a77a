import { useAccessToken } from '@latchkey/react'
import type { ReactNode } from 'react'
import { startTransition, useLayoutEffect, useState } from 'react'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openPage, oneRefresh } from './support/page.tsx'
import { cathy } from './support/user.ts'

/** React yields to other work only outside of `act`, whose word this is. */
const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }

beforeAll(() => {
  environment.IS_REACT_ACT_ENVIRONMENT = false
})
afterAll(() => {
  environment.IS_REACT_ACT_ENVIRONMENT = true
})

it('shows one token in all places when a refresh comes in the middle of a transition', async () => {
  const { browser, client, show, pass } = openPage({ user: cathy })
  const commits: string[][] = []
  const rendered: (string | null)[] = []
  let open = (): void => {}
  let refreshed: Promise<string> | undefined

  function Slow({ onRender }: { onRender?: () => void }): ReactNode {
    const token = useAccessToken()
    rendered.push(token)
    onRender?.()
    // Longer than React works without looking whether something else wants the thread.
    const until = performance.now() + 6
    while (performance.now() < until);
    return <b>{token}</b>
  }
  function Page(): ReactNode {
    const [opened, setOpened] = useState(false)
    open = () => startTransition(() => setOpened(true))
    useLayoutEffect(() => {
      commits.push([...document.querySelectorAll('b')].map((one) => one.textContent))
    })
    return opened
      ? Array.from({ length: 6 }, (_, index) => <Slow key={index} onRender={refreshOnce} />)
      : null
  }
  function refreshOnce(): void {
    refreshed ??= client.getAccessToken({ forceRefresh: true })
  }

  show(<Page />)
  await pass(0)
  rendered.length = 0
  open()
  while (document.querySelectorAll('b').length === 0) await browser.advance(0)
  await refreshed
  await browser.advance(oneRefresh / 1000)

  // The refresh did come between two components of one render.
  expect(new Set(rendered)).toEqual(new Set(['session-1.token-1', 'session-1.token-2']))
  for (const shown of commits) expect(new Set(shown).size).toBeLessThanOrEqual(1)
  expect(commits.at(-1)).toEqual(Array.from({ length: 6 }, () => 'session-1.token-2'))
})
