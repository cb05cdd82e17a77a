import { AuthGate, useSignInMethods } from '@latchkey/react'
import { act } from '@testing-library/react'
import type { ReactNode } from 'react'
import { Profiler } from 'react'
import { expect, it } from 'vitest'
import { createSetup, refreshMs } from './support/setup.tsx'

it('a sign-in form renders its fields when they become known, in a page that is signed out already', async () => {
  const { client, browser, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
  browser.goOffline()
  await client.signOut()
  const { container } = renderBelowProvider(<AuthGate signedOut={<SignIn />}>private</AuthGate>)
  await advance()
  expect(container.textContent).toBe('no fields yet')
  act(() => browser.goOnline())
  await advance(70_000)
  expect(container.textContent).toBe('username, password')
})

it('does not render with a refresh', async () => {
  const { browser, renderBelowProvider, advance } = createSetup({ signedInAs: 'cathy' })
  let renderCount = 0
  const { container } = renderBelowProvider(
    <Profiler id="form" onRender={() => (renderCount += 1)}>
      <SignIn />
    </Profiler>,
  )
  await advance()
  expect(container.textContent).toBe('username, password')
  renderCount = 0
  await advance(refreshMs)
  expect(browser.requests).toContain('POST /auth/token')
  expect(renderCount).toBe(0)
})

function SignIn(): ReactNode {
  const fields = useSignInMethods()?.credentials?.fields
  return fields?.map(({ name }) => name).join(', ') ?? 'no fields yet'
}
