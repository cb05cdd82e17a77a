import { createBff } from '@latchkey/bff'
import type { BffOptions } from '@latchkey/bff'
import { axosoft, classSuper } from '@latchkey/bff/providers'
import type { AuthClient, AuthClientOptions } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { TestBrowser, TestTab } from '@latchkey/core/testing'
import { createTestBrowser } from '@latchkey/core/testing'
import type { Sandbox, SandboxOptions } from '@latchkey/sandbox'
import { classBusiness, createSandbox, demoClient } from '@latchkey/sandbox'

const sandboxOrigin = 'https://sandbox.test'

/** Page, BFF, authorization server and resource server in one process, in virtual time. */
export interface FullStack {
  readonly browser: TestBrowser
  readonly sandbox: Sandbox
  /** The BFF's log lines. */
  readonly log: string[]
  /** The headers and body of every response that the browser received from the BFF. */
  readonly responses: string[]
  readonly openPage: (options?: AuthClientOptions) => { readonly client: AuthClient; readonly tab: TestTab }
  /** Counts the successful token requests of a grant. */
  readonly countGrants: (grant: 'password' | 'refresh_token') => number
}

/** Connects pages, a BFF and one system of the sandbox. `/api/*` on the page's origin is the system's API. */
export function createFullStack(
  system: 'axosoft' | 'class',
  options: { sandbox?: SandboxOptions; bff?: Partial<BffOptions> } = {},
): FullStack {
  const log: string[] = []
  const responses: string[] = []
  const writeLog = (line: string): void => void log.push(line)

  const sandbox = createSandbox({
    now: () => browser.wallNow(),
    wait: (milliseconds) => browser.wait(milliseconds),
    ...options.sandbox,
  })
  const { clientId, clientSecret } = demoClient
  const bff = createBff({
    provider:
      system === 'axosoft'
        ? axosoft({ site: `${sandboxOrigin}/axosoft`, clientId, clientSecret })
        : classSuper({
            clientId,
            clientSecret,
            business: classBusiness.code,
            scope: ['fund.read', 'offline_access'],
            tokenEndpoint: `${sandboxOrigin}/class/connect/token`,
          }),
    logger: { info: writeLog, warn: writeLog, error: writeLog },
    platform: {
      now: () => browser.wallNow(),
      sleep: (milliseconds, signal) =>
        Promise.race([
          browser.wait(milliseconds),
          new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('awake')))),
        ]),
      fetch: sandbox.fetch,
    },
    ...options.bff,
  })
  const systemUrl = `${sandboxOrigin}/${system}`

  const browser = createTestBrowser({
    pageUrl: 'https://portal.test/',
    network: async (request) => {
      const { pathname, search } = new URL(request.url)
      if (!pathname.startsWith('/auth')) {
        return sandbox.fetch(`${systemUrl}${pathname}${search}`, {
          method: request.method,
          headers: request.headers,
        })
      }
      const response = await bff.fetch(request)
      const { 'set-cookie': _cookie, ...headers } = Object.fromEntries(response.headers)
      responses.push(JSON.stringify(headers) + (await response.clone().text()))
      return response
    },
  })

  return {
    browser,
    sandbox,
    log,
    responses,
    openPage: (clientOptions) => {
      const tab = browser.openTab()
      const client = createAuthClient({ platform: tab.platform, ...clientOptions })
      client.subscribe(() => {})
      return { client, tab }
    },
    countGrants: (grant) => sandbox.requests.count({ kind: 'token', grant, status: 200 }),
  }
}
