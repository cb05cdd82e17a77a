import { expect, test } from 'vitest'
import { findOtherBrowsers } from '../../scripts/other-browsers.mjs'
import type { Profile, Tab, TestBrowser } from './browser.ts'
import { startFirefox } from './firefox.ts'
import { startWebKit } from './webkit.ts'

/** Opens tabs and servers for one test, and closes them when it ends. */
export interface Harness {
  /** Closes a server when the test ends. Returns it. */
  readonly closeAtEnd: <Resource extends { close: () => Promise<void> }>(
    resource: Resource | Promise<Resource>,
  ) => Promise<Resource>
  /** Opens a tab in the test's profile, and a page in it. */
  readonly openTab: (url: string) => Promise<Tab>
}

/** The browsers beside Chromium. `missing` says why one cannot be driven on this machine. */
export const otherBrowsers = findOtherBrowsers()

const starters: Record<string, (programs: Record<string, string>) => Promise<TestBrowser>> = {
  Firefox: startFirefox,
  WebKitGTK: startWebKit,
}

/** Creates a test function whose tests run in one browser, and also fail if that reports an error of a page. */
export function createBrowserTest({ name, programs }: (typeof otherBrowsers)[number]) {
  return test.extend<{ browser: TestBrowser; harness: Harness }>({
    browser: [
      // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that this one needs from the pattern
      async ({}, use) => {
        const browser = await starters[name]?.(programs)
        if (!browser) throw new Error(`No driver for ${name}`)
        await use(browser)
        await browser.close()
      },
      { scope: 'file' },
    ],
    harness: async ({ browser }, use) => {
      const closeSteps: (() => Promise<void>)[] = []
      let profile: Profile | undefined
      try {
        await use({
          closeAtEnd: async (starting) => {
            const resource = await starting
            closeSteps.unshift(() => resource.close())
            return resource
          },
          openTab: async (url) => {
            profile ??= await browser.openProfile()
            const tab = await profile.openTab()
            await tab.open(url)
            return tab
          },
        })
      } finally {
        await profile?.close()
        for (const close of closeSteps) await close()
      }
      expect(browser.takePageErrors()).toEqual([])
    },
  })
}
