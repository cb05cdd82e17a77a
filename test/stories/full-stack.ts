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

/** The whole way from a page to an authorization server, in one process and in virtual time. */
export interface FullStack {
  readonly browser: TestBrowser
  readonly sandbox: Sandbox
  /** What the BFF told its operator. */
  readonly log: string[]
  /** The bodies and headers of every answer that reached the browser. */
  readonly answers: string[]
  readonly openPage: (options?: AuthClientOptions) => { readonly client: AuthClient; readonly tab: TestTab }
  /** How often the authorization server granted something. */
  readonly grants: (grant: 'password' | 'refresh_token') => number
}

/** A page, a BFF and the sandbox of one system; `/api/*` of the page's origin is the system's API. */
export function createFullStack(
  system: 'axosoft' | 'class',
  options: { sandbox?: SandboxOptions; bff?: Partial<BffOptions> } = {},
): FullStack {
  const log: string[] = []
  const answers: string[] = []
  const note = (line: string): void => void log.push(line)

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
    logger: { info: note, warn: note, error: note },
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
  const base = `${sandboxOrigin}/${system}`

  const browser = createTestBrowser({
    pageUrl: 'https://portal.test/',
    network: async (request) => {
      const { pathname, search } = new URL(request.url)
      if (!pathname.startsWith('/auth')) {
        return sandbox.fetch(`${base}${pathname}${search}`, {
          method: request.method,
          headers: request.headers,
        })
      }
      const answer = await bff.fetch(request)
      const { 'set-cookie': _cookie, ...headers } = Object.fromEntries(answer.headers)
      answers.push(JSON.stringify(headers) + (await answer.clone().text()))
      return answer
    },
  })

  return {
    browser,
    sandbox,
    log,
    answers,
    openPage: (more) => {
      const tab = browser.openTab()
      const client = createAuthClient({ platform: tab.platform, ...more })
      client.subscribe(() => {})
      return { client, tab }
    },
    grants: (grant) => sandbox.requests.count({ kind: 'token', grant, status: 200 }),
  }
}
