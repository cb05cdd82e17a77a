import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { chromiumMissing, findChromium } from '../../scripts/chromium.mjs'

/** What a test opens, closed again when it is over. */
export interface Stage {
  readonly open: <Opened extends { close: () => Promise<void> }>(
    opening: Opened | Promise<Opened>,
  ) => Promise<Opened>
  /** A visitor with a browser profile of their own, whose tabs are `page.context().pages()`. */
  readonly visit: (url: string, options?: BrowserContextOptions) => Promise<Page>
}

/** Milliseconds for whatever a test waits for; far more than it takes. */
const patience = 10_000

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

async function launch(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error(chromiumMissing)
  // The back-forward cache is on in every user's browser, and one of the things to be tested.
  const ignoreDefaultArgs = ['--disable-back-forward-cache']
  return chromium.launch({ executablePath, args: switches, ignoreDefaultArgs })
}

/**
 * A test in Chromium. It fails as well when a page throws, writes an error to its console, or breaks its
 * content security policy, whatever else it is about.
 */
export const it = test.extend<{ chromium: Browser; stage: Stage }>({
  chromium: [
    // oxlint-disable-next-line no-empty-pattern -- Vitest reads from it which fixtures this one needs
    async ({}, use) => {
      const browser = await launch()
      await use(browser)
      await browser.close()
    },
    { scope: 'file' },
  ],
  stage: async ({ chromium: browser }, use) => {
    const closing: (() => Promise<void>)[] = []
    const troubles: string[] = []
    try {
      await use({
        open: async (opening) => {
          const opened = await opening
          closing.unshift(() => opened.close())
          return opened
        },
        visit: async (url, options) => {
          const context = await browser.newContext(options)
          closing.unshift(() => context.close())
          await watch(context, troubles)
          const page = await context.newPage()
          // A development server compiles before it answers for the first time.
          await page.goto(url, { timeout: 3 * patience })
          return page
        },
      })
    } finally {
      for (const close of closing) await close()
    }
    expect(troubles.join('\n')).toBe('')
  },
})

async function watch(context: BrowserContext, troubles: string[]): Promise<void> {
  context.setDefaultTimeout(patience)
  context.on('weberror', (error) => troubles.push(String(error.error())))
  context.on('console', (message) => {
    // That a request failed or was refused is what many tests are about.
    const expected = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !expected) troubles.push(message.text())
  })
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      // oxlint-disable-next-line no-console -- the line on which a page tells the test
      console.error(`Content security policy: ${violatedDirective} ${blockedURI}`)
    })
  })
}
