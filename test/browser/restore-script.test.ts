import { createRestoreScript } from '@latchkey/bff'
import { latchkey } from '@latchkey/bff/vite'
import { cathy } from '@latchkey/sandbox'
import { describe, expect } from 'vitest'
import { it } from './chromium-test.ts'
import { expectGreeting, signIn } from './page-actions.ts'
import { buildSmallPage } from './pages.ts'
import { startSmallPageOnClass } from './test-pages.ts'

describe.each([
  ['inline', createRestoreScript().cspSource],
  ['file', ''],
] as const)(
  'the script of the Vite plugin, %s, under a strict content security policy',
  (restoreScript, scriptSource) => {
    it('restores the session while the JavaScript of the page loads, and the client sends no second request', async ({
      harness,
    }) => {
      const files = await buildSmallPage(latchkey({ entry: './server/auth.ts', restoreScript }))
      const site = await harness.closeAtEnd(startSmallPageOnClass(files, {}, { scriptSource }))
      const page = await harness.openPage(site.url)
      await signIn(page, cathy)
      await expectGreeting(page, cathy.username)

      site.requests.length = 0
      // The application loads only after the BFF has got the request.
      await page.route(/\/assets\/index-.+\.js$/, async (route) => {
        await expect.poll(() => site.requests).toEqual(['GET /auth/session'])
        await route.continue()
      })
      await page.reload()
      await page.getByText('Acacia Family Superannuation Fund').waitFor()
      expect(site.requests).toEqual(['GET /auth/session', 'GET /api/items'])
      expect(site.violations).toEqual([])
    })
  },
)
