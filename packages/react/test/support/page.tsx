import { AuthProvider } from '@latchkey/react'
import type { AuthClient, AuthState } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { TestBrowser, TestTab } from '@latchkey/core/testing'
import { createTestBrowser } from '@latchkey/core/testing'
import type { RenderResult } from '@testing-library/react'
import { act, cleanup, configure, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach } from 'vitest'
import type { OneBrowserBff } from './bff.ts'
import { createOneBrowserBff } from './bff.ts'
import type { User } from './user.ts'

configure({ reactStrictMode: true })
afterEach(cleanup)

/** A page in a browser whose time and network belong to the test. */
export interface Page {
  readonly client: AuthClient<User>
  readonly bff: OneBrowserBff
  readonly browser: TestBrowser
  readonly tab: TestTab
  /** Renders below an `AuthProvider`, in StrictMode. */
  readonly show: (children: ReactNode) => RenderResult
  /** Lets milliseconds pass, and everything go on that needs no more of them. */
  readonly pass: (milliseconds?: number) => Promise<void>
}

/** Opens a page; its tokens live 900 seconds, so that the next one is asked for after 840. */
export function openPage({ user, initialState }: { user?: User; initialState?: AuthState<User> } = {}): Page {
  const bff = createOneBrowserBff({ expiresIn: 900 })
  if (user) bff.begin(user)
  const browser = createTestBrowser({ network: bff.network })
  const tab = browser.openTab()
  const client = createAuthClient<User>({ platform: tab.platform, initialState })
  return {
    client,
    bff,
    browser,
    tab,
    show: (children) => render(<AuthProvider client={client}>{children}</AuthProvider>),
    pass: (milliseconds = 0) => act(() => browser.advance(milliseconds)),
  }
}

/** After how many milliseconds a page has asked for its next token. */
export const oneRefresh = 850_000
