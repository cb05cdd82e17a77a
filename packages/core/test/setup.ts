import type { AuthClient, AuthClientOptions } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import type { FakeBff, FakeBffOptions, TestBrowser, TestTab } from '../src/testing/index.ts'
import { createFakeBff, createTestBrowser } from '../src/testing/index.ts'

/** A page with a client that somebody is subscribed to, as a mounted AuthProvider is. */
export interface Page {
  readonly tab: TestTab
  readonly client: AuthClient<{ username: string }>
}

/** A browser, a fake BFF and an API behind it at `/api/*` that answers with the token it was shown. */
export function setStage(
  options: FakeBffOptions & {
    signedInAs?: string
    random?: () => number
    api?: (request: Request) => Response | Promise<Response>
  } = {},
): {
  readonly browser: TestBrowser
  readonly bff: FakeBff
  readonly openPage: (more?: AuthClientOptions<{ username: string }>) => Page
} {
  const bff = createFakeBff(options)
  const cookie = options.signedInAs === undefined ? undefined : bff.startSession(options.signedInAs)
  const api =
    options.api ??
    ((request) =>
      new Response(request.headers.get('authorization'), { status: bff.acceptsToken(request) ? 200 : 401 }))
  const browser = createTestBrowser({
    network: (request) =>
      new URL(request.url).pathname.startsWith('/auth/') ? bff.fetch(request) : api(request),
    ...(options.random && { random: options.random }),
    ...(cookie !== undefined && { cookie }),
  })
  return {
    browser,
    bff,
    openPage: (more = {}) => {
      const tab = browser.openTab()
      const client = createAuthClient<{ username: string }>({ platform: tab.platform, ...more })
      client.subscribe(() => {})
      return { tab, client }
    },
  }
}
