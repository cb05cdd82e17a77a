import { useAccessToken } from '@latchkey/react'
import type { ReactNode } from 'react'
import { startTransition, useLayoutEffect, useState } from 'react'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSetup, refreshMs } from './support/setup.tsx'

/** Without `act`, so that React yields to other work. */
const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }

beforeAll(() => {
  environment.IS_REACT_ACT_ENVIRONMENT = false
})
afterAll(() => {
  environment.IS_REACT_ACT_ENVIRONMENT = true
})

it('renders one token in all components when a refresh happens during a transition', async () => {
  const { browser, client, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
  const commits: string[][] = []
  const rendered: (string | null)[] = []
  let open = (): void => {}
  let refresh: Promise<string> | undefined

  function Slow({ onRender }: { onRender?: () => void }): ReactNode {
    const token = useAccessToken()
    rendered.push(token)
    onRender?.()
    // Longer than React renders before it yields.
    const end = performance.now() + 6
    while (performance.now() < end);
    return <b>{token}</b>
  }
  function TokenList(): ReactNode {
    const [isOpen, setIsOpen] = useState(false)
    open = () => startTransition(() => setIsOpen(true))
    useLayoutEffect(() => {
      commits.push([...document.querySelectorAll('b')].map((element) => element.textContent))
    })
    return isOpen
      ? Array.from({ length: 6 }, (_, index) => <Slow key={index} onRender={refreshOnce} />)
      : null
  }
  function refreshOnce(): void {
    refresh ??= client.getAccessToken({ forceRefresh: true })
  }

  renderBelowProvider(<TokenList />)
  await advance(0)
  rendered.length = 0
  open()
  while (document.querySelectorAll('b').length === 0) await browser.advance(0)
  await refresh
  await browser.advance(refreshMs / 1000)

  // The refresh happened between two components of one render.
  expect(new Set(rendered)).toEqual(new Set(['session-1.token-1', 'session-1.token-2']))
  for (const tokens of commits) expect(new Set(tokens).size).toBeLessThanOrEqual(1)
  expect(commits.at(-1)).toEqual(Array.from({ length: 6 }, () => 'session-1.token-2'))
})
