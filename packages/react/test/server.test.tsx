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

describe('a page that a server renders', () => {
  it('shows that it is not known yet who is signed in, and warns of nothing', () => {
    const complain = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(renderToString(<App />)).toBe('<i>one moment</i>')
    expect(complain).not.toHaveBeenCalled()
    complain.mockRestore()
  })

  it('shows the session that the server knows, with no token and no style attribute', () => {
    expect(renderToString(<App initialState={signedIn(cathy)} />)).toBe(
      '<div><b>Cathy</b><u>no token</u></div>',
    )
  })

  it('shares nothing with another one that is rendered at the same time', async () => {
    const { Late, release } = suspending()
    const pages = [cathy, noor].map((user) => {
      const stream = new PassThrough()
      renderToPipeableStream(
        <App initialState={signedIn(user)}>
          <Name />
          <Suspense fallback="later">
            <Late />
          </Suspense>
        </App>,
      ).pipe(stream)
      return text(stream)
    })
    release()
    const [first = '', second = ''] = await Promise.all(pages)
    expect([first.match(/Cathy/g)?.length, first.includes('Noor')]).toEqual([2, false])
    expect([second.match(/Noor/g)?.length, second.includes('Cathy')]).toEqual([2, false])
  })
})

function signedIn(user: User): AuthState<User> {
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
        <AuthGate restoring={<i>one moment</i>} signedOut={<i>nobody</i>}>
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

/** A name that is rendered in a later turn than the rest of its page. */
function suspending(): { Late: () => ReactNode; release: () => void } {
  let release = (): void => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const LateName = lazy(async () => {
    await released
    return { default: Name }
  })
  return { Late: () => <LateName />, release }
}
