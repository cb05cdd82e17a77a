import { beforeAll, describe, expect } from 'vitest'
import { thirdPartyServers } from '../third-party-servers/all.ts'
import { createThirdPartyProvider } from '../support/third-party-providers.ts'
import type { Files } from './pages.ts'
import { buildSmallPage } from './pages.ts'
import { smallPageOnPeer } from './test-pages.ts'
import { it } from './chromium-test.ts'
import {
  expectSignInForm,
  expectGreeting,
  readBrowserStorage,
  nothing,
  requestsOf,
  shortLife,
  signIn,
  signOut,
} from './page-actions.ts'

let files: Files
beforeAll(async () => {
  files = await buildSmallPage()
})

// They wait for tokens to grow old, which they can do side by side.
describe.concurrent('a page', { timeout: 60_000 }, () => {
  it.for(thirdPartyServers)(
    'signs in, refreshes, restores and signs out in front of $name',
    async (known, { stage }) => {
      const peer = await known.start({ accessTokenLifetime: shortLife })
      await stage.open({ close: () => peer.stop() })
      const site = await stage.open(smallPageOnPeer(files, peer, createThirdPartyProvider(peer)))
      const page = await stage.visit(site.url)
      const token = page.getByTestId('token')
      const items = page.getByText('{"items":["one","two"]}')

      await signIn(page, { ...peer, password: 'wrong' })
      await page.getByText('invalid_credentials').waitFor()
      await signIn(page, peer)
      await expectGreeting(page, peer.username)
      await items.waitFor()

      const first = String(await token.textContent())
      await token.filter({ hasNotText: first }).waitFor({ timeout: 20_000 })
      expect(site.requests.filter((line) => line === 'POST /auth/token')).toHaveLength(1)
      expect(await page.evaluate(async () => (await window.auth.fetch('/api/items')).status)).toBe(200)

      const requests = requestsOf(page)
      await page.reload()
      await expectGreeting(page, peer.username)
      await items.waitFor()
      expect(requests).toEqual(['GET /auth/session', 'GET /api/items'])

      await signOut(page)
      await expectSignInForm(page)
      // The note goes when the BFF has heard of it.
      await page.waitForFunction(() => localStorage.length === 0)
      await page.reload()
      await expectSignInForm(page)
      expect(await readBrowserStorage(page)).toEqual(nothing)
      expect(await page.context().cookies()).toEqual([])
    },
  )
})
