import { beforeAll, describe, expect } from 'vitest'
import { thirdPartyServers } from '../third-party-servers/all.ts'
import { createThirdPartyProvider } from '../support/third-party-providers.ts'
import type { SiteFiles } from './pages.ts'
import { buildSmallPage } from './pages.ts'
import { startSmallPageOnThirdParty } from './test-pages.ts'
import { it } from './chromium-test.ts'
import {
  emptyStorage,
  expectGreeting,
  expectSignInForm,
  listSessionCookies,
  readBrowserStorage,
  recordRequests,
  signIn,
  signOut,
} from './page-actions.ts'

let files: SiteFiles
beforeAll(async () => {
  files = await buildSmallPage()
})

/** In seconds: short enough to wait for a refresh in real time. On a busy machine there may be more than one. */
const accessTokenLifetime = 12

// Concurrent, because each test waits for a refresh.
describe.concurrent('a page', () => {
  it.for(thirdPartyServers)(
    'signs in, refreshes, restores and signs out with $name',
    async ({ start }, { harness }) => {
      const server = await start({ accessTokenLifetime })
      await harness.closeAtEnd({ close: () => server.stop() })
      const site = await harness.closeAtEnd(
        startSmallPageOnThirdParty(files, server, createThirdPartyProvider(server)),
      )
      const page = await harness.openPage(site.url)
      const token = page.getByTestId('token')
      const items = page.getByText('{"items":["one","two"]}')

      await signIn(page, { ...server, password: 'wrong' })
      await page.getByText('invalid_credentials').waitFor()
      await signIn(page, server)
      await expectGreeting(page, server.username)
      await items.waitFor()

      const firstToken = String(await token.textContent())
      await token.filter({ hasNotText: firstToken }).waitFor()
      expect(site.requests).toContain('POST /auth/token')
      expect(await page.evaluate(async () => (await window.auth.fetch('/api/items')).status)).toBe(200)

      const requests = recordRequests(page)
      await page.reload()
      await expectGreeting(page, server.username)
      await items.waitFor()
      expect(requests.filter((line) => line !== 'POST /auth/token')).toEqual([
        'GET /auth/session',
        'GET /api/items',
      ])

      await signOut(page)
      await expectSignInForm(page)
      // The client removes its record of the sign-out when the BFF has confirmed it.
      await page.waitForFunction(() => localStorage.length === 0)
      await page.reload()
      await expectSignInForm(page)
      expect(await readBrowserStorage(page)).toEqual(emptyStorage)
      expect(await listSessionCookies(page)).toEqual([])
    },
  )
})
