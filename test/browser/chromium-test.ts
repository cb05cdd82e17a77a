import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { chromiumMissing, findChromium, findHeadlessShell } from '../../scripts/chromium.mjs'

/** Opens pages and servers for one test, and closes them when it ends. */
export interface Harness {
  /** Closes a server or page when the test ends. Returns it. */
  readonly closeAtEnd: <Resource extends { close: () => Promise<void> }>(
    resource: Resource | Promise<Resource>,
  ) => Promise<Resource>
  /** Opens a page in a new browser profile. Its tabs are `page.context().pages()`. */
  readonly openPage: (url: string, options?: PageOptions) => Promise<Page>
}

export interface PageOptions extends BrowserContextOptions {
  /** Lets the test advance the page's time with `page.clock`. */
  readonly hasTestClock?: boolean
  /** Opens the page in a Chromium that keeps pages in the back-forward cache, which takes three times as long. */
  readonly hasBackForwardCache?: boolean
}

/** A limit for every wait, so that a test that hangs names the condition. Much longer than a busy machine needs. */
const maxWaitMs = 60_000

const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The browsers that the tests of a file have used so far. */
interface Browsers {
  readonly open: (program: string | null) => Promise<Browser>
}

async function launchBrowser(executablePath: string | null): Promise<Browser> {
  if (executablePath === null) throw new Error(chromiumMissing)
  // Playwright turns the back-forward cache off. Users have it, and some tests are about it.
  const ignoreDefaultArgs = ['--disable-back-forward-cache']
  return chromium.launch({ executablePath, args: browserFlags, ignoreDefaultArgs, timeout: maxWaitMs })
}

/**
 * A test in Chromium. It also fails if a page throws, writes an error to the console or violates its content security
 * policy.
 */
export const it = test.extend<{ browsers: Browsers; harness: Harness }>({
  browsers: [
    // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that this one needs from the pattern
    async ({}, use) => {
      const launched = new Map<string | null, Promise<Browser>>()
      await use({
        open: (program) => {
          const browser = launched.get(program) ?? launchBrowser(program)
          launched.set(program, browser)
          return browser
        },
      })
      for (const browser of launched.values()) await (await browser).close()
    },
    { scope: 'file' },
  ],
  harness: async ({ browsers }, use) => {
    const closeSteps: (() => Promise<void>)[] = []
    const pageErrors: string[] = []
    try {
      await use({
        closeAtEnd: async (starting) => {
          const resource = await starting
          closeSteps.unshift(() => resource.close())
          return resource
        },
        openPage: async (url, { hasTestClock = false, hasBackForwardCache = false, ...options } = {}) => {
          const shell = hasBackForwardCache ? null : findHeadlessShell()
          const browser = await browsers.open(shell ?? findChromium())
          const context = await browser.newContext(options)
          closeSteps.unshift(() => context.close())
          // First, because the clock brings its own `AbortSignal.timeout`.
          if (hasTestClock) await context.clock.install()
          await prepareContext(context, pageErrors)
          const page = await context.newPage()
          await page.goto(url)
          return page
        },
      })
    } finally {
      for (const close of closeSteps) await close()
    }
    expect(pageErrors.join('\n')).toBe('')
  },
})

async function prepareContext(context: BrowserContext, pageErrors: string[]): Promise<void> {
  context.setDefaultTimeout(maxWaitMs)
  context.on('weberror', (error) => pageErrors.push(String(error.error())))
  context.on('console', (message) => {
    // Many tests are about requests that fail.
    const isFailedRequest = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isFailedRequest) pageErrors.push(message.text())
  })
  await context.addInitScript(() => {
    // A busy machine must not exceed the client's time limits. Tests in virtual time cover them.
    AbortSignal.timeout = () => new AbortController().signal
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      // oxlint-disable-next-line no-console -- the test reads the console
      console.error(`Content security policy: ${violatedDirective} ${blockedURI}`)
    })
  })
}
