import type { AuthClient, AuthClientOptions, StandardSchema } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import type { FakeBff, FakeBffOptions, TestBrowser, TestTab } from '../src/testing/index.ts'
import { createFakeBff, createTestBrowser } from '../src/testing/index.ts'

/** A tab and its client, which has a subscriber, as with a mounted AuthProvider. */
export interface TestPage {
  readonly tab: TestTab
  readonly client: AuthClient<{ username: string }>
}

/**
 * Creates a browser, a fake BFF, and an API at `/api/*`. By default the API responds with the `Authorization` header of
 * the request, with 200 when the token is valid and with 401 otherwise.
 */
export function createSetup(
  options: FakeBffOptions & {
    signedInAs?: string
    random?: () => number
    api?: (request: Request) => Response | Promise<Response>
  } = {},
): {
  readonly browser: TestBrowser
  readonly bff: FakeBff
  readonly openPage: (clientOptions?: AuthClientOptions<{ username: string }>) => TestPage
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
    openPage: (clientOptions = {}) => {
      const tab = browser.openTab()
      const client = createAuthClient<{ username: string }>({ platform: tab.platform, ...clientOptions })
      client.subscribe(() => {})
      return { tab, client }
    },
  }
}

/** Creates a schema that accepts every user after some time. */
export function createSlowSchema(
  wait: (user: { username: string }) => Promise<void> | undefined,
): StandardSchema<{ username: string }> {
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) => {
        const user = value as { username: string }
        await wait(user)
        return { value: user }
      },
    },
  }
}
