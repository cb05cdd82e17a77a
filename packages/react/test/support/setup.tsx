import { AuthProvider } from '@latchkey/react'
import type { AuthClient, InitialState } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { FakeBff, TestBrowser, TestTab } from '@latchkey/core/testing'
import { createFakeBff, createTestBrowser } from '@latchkey/core/testing'
import type { RenderResult } from '@testing-library/react'
import { act, cleanup, configure, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach } from 'vitest'
import type { User } from './user.ts'
import { users } from './user.ts'

configure({ reactStrictMode: true })
afterEach(cleanup)

/** A client in a test browser, with a fake BFF whose current session is that of the browser. */
export interface Setup {
  readonly client: AuthClient<User>
  readonly bff: FakeBff
  readonly browser: TestBrowser
  readonly tab: TestTab
  /** Renders below an `AuthProvider`, in StrictMode. */
  readonly renderBelowProvider: (children: ReactNode) => RenderResult
  /** Lets time pass (default: none) and all promises settle, in `act`. */
  readonly advance: (milliseconds?: number) => Promise<void>
}

/** Creates a setup, with a session of the user at the BFF if there is one. Tokens expire after 900 s. */
export function createSetup({
  signedInAs,
  initialState,
}: { signedInAs?: keyof typeof users; initialState?: InitialState<User> } = {}): Setup {
  const bff = createFakeBff({
    cookies: false,
    createUser: (username) => users[username as keyof typeof users],
  })
  if (signedInAs) bff.startSession(signedInAs)
  const browser = createTestBrowser({ network: bff.fetch })
  const tab = browser.openTab()
  const client = createAuthClient<User>({ platform: tab.platform, initialState })
  return {
    client,
    bff,
    browser,
    tab,
    renderBelowProvider: (children) => render(<AuthProvider client={client}>{children}</AuthProvider>),
    advance: (milliseconds = 0) => act(() => browser.advance(milliseconds)),
  }
}

/** Milliseconds after which a page has refreshed its token. */
export const refreshMs = 850_000
