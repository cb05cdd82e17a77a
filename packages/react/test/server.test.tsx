// @vitest-environment node
import { AuthGate, AuthProvider, useAccessToken, useAuth } from '@latchkey/react'
import type { AuthState } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { ReactNode } from 'react'
import { lazy, StrictMode, Suspense } from 'react'
import { renderToPipeableStream, renderToString } from 'react-dom/server'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import type { User } from './support/user.ts'
import { cathy, noor } from './support/user.ts'

describe('server rendering', () => {
  it('renders `restoring` without a warning', () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(renderToString(<App />)).toBe('<i>loading</i>')
    expect(print).not.toHaveBeenCalled()
    print.mockRestore()
  })

  it('renders the session of `initialState`, without a token and without a style attribute', () => {
    expect(renderToString(<App initialState={createSignedInState(cathy)} />)).toBe(
      '<div><b>Cathy</b><u>no token</u></div>',
    )
  })

  it('shares no state between concurrent renders', async () => {
    const { Late, release } = createSuspendingName()
    const renders = [cathy, noor].map((user) => {
      const stream = new PassThrough()
      renderToPipeableStream(
        <App initialState={createSignedInState(user)}>
          <Name />
          <Suspense fallback="later">
            <Late />
          </Suspense>
        </App>,
      ).pipe(stream)
      return text(stream)
    })
    release()
    const [first = '', second = ''] = await Promise.all(renders)
    expect([first.match(/Cathy/g)?.length, first.includes('Noor')]).toEqual([2, false])
    expect([second.match(/Noor/g)?.length, second.includes('Cathy')]).toEqual([2, false])
  })
})

function createSignedInState(user: User): AuthState<User> {
  return { status: 'signed-in', session: { id: 's', subject: String(user.id), user, scope: [] } }
}

function App({
  initialState,
  children,
}: {
  initialState?: AuthState<User>
  children?: ReactNode
}): ReactNode {
  return (
    <StrictMode>
      <AuthProvider client={createAuthClient<User>({ initialState })}>
        <AuthGate restoring={<i>loading</i>} signedOut={<i>sign in</i>}>
          {children ?? <Name />}
        </AuthGate>
      </AuthProvider>
    </StrictMode>
  )
}

function Name(): ReactNode {
  return (
    <>
      <b>{useAuth().user?.first_name}</b>
      <u>{useAccessToken() ?? 'no token'}</u>
    </>
  )
}

/** Creates a component that suspends until it is released. */
function createSuspendingName(): { Late: () => ReactNode; release: () => void } {
  let release = (): void => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const LateName = lazy(async () => {
    await released
    return { default: Name }
  })
  return { Late: () => <LateName />, release }
}
