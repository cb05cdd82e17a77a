import { cathy } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { findLowContrastText, measureOverflow } from './legibility.ts'
import type { SiteFiles } from './pages.ts'
import { buildLoginPage } from './pages.ts'
import { startLoginPageOnAxosoft } from './test-pages.ts'
import { it } from './chromium-test.ts'
import { expectGreeting, signIn, usernameLabel } from './page-actions.ts'

let files: SiteFiles
beforeAll(async () => {
  files = await buildLoginPage()
})

describe('the keyboard alone', () => {
  it('signs in, shows the password, and signs out', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageOnAxosoft(files))
    const page = await harness.openPage(site.url)
    await page.getByLabel(usernameLabel).waitFor()
    const { keyboard } = page
    await keyboard.press('Tab')
    await expect.poll(() => getFocusedName(page)).toBe('System')
    await keyboard.press('Tab')
    await expect.poll(() => getFocusedName(page)).toBe('Login ID')
    await keyboard.type(cathy.username)
    await keyboard.press('Tab')
    await expect.poll(() => getFocusedName(page)).toBe('Password')
    await keyboard.type(cathy.password)

    await keyboard.press('Tab')
    await expect.poll(() => getFocusedName(page)).toBe('Show password')
    await keyboard.press('Space')
    const password = page.getByRole('textbox', { name: 'Password' })
    await expect.poll(() => password.getAttribute('type')).toBe('text')
    await expect.poll(() => getFocusedName(page)).toBe('Hide password')
    await keyboard.press('Enter')
    await expect.poll(() => password.getAttribute('type')).toBe('password')
    expect(await password.inputValue()).toBe(cathy.password)

    await keyboard.press('Tab')
    await expect.poll(() => getFocusedName(page)).toBe('Keep me signed in on this device')
    await keyboard.press('Tab')
    await expect.poll(() => getFocusedName(page)).toBe('Sign in')
    for (let count = 0; count < 3; count++) await keyboard.press('Shift+Tab')
    await expect.poll(() => getFocusedName(page)).toBe('Password')
    await keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
    await expect.poll(() => getFocusedName(page)).toBe('Hello, Cathy')

    await keyboard.press('Shift+Tab')
    await expect.poll(() => getFocusedName(page)).toBe('Sign out')
    await keyboard.press('Enter')
    await page.getByText('You have signed out.').waitFor()
    await expect.poll(() => getFocusedName(page)).toBe('You have signed out.')
  })

  it('hides a shown password when the form is submitted', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageOnAxosoft(files))
    const page = await harness.openPage(site.url)
    const password = page.getByRole('textbox', { name: 'Password' })
    await page.getByRole('button', { name: 'Show password' }).click()
    await signIn(page, { ...cathy, password: 'wrong' })
    await page.getByText('The login ID or password is not right.').waitFor()
    await expect.poll(() => password.getAttribute('type')).toBe('password')
  })
})

describe.for(['light', 'dark'] as const)('on a small phone, %s', (colorScheme) => {
  it('all text is legible, and the page is not wider than the window', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageOnAxosoft(files))
    const page = await harness.openPage(site.url, { viewport: { width: 360, height: 740 }, colorScheme })
    await page.getByLabel(usernameLabel).waitFor()
    await expectLegible(page)

    await signIn(page, { ...cathy, password: 'wrong' })
    await page.getByText('The login ID or password is not right.').waitFor()
    await expectLegible(page)

    await signIn(page, cathy)
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    await expectLegible(page)

    await page.getByRole('link', { name: 'Help' }).click()
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    await expectLegible(page)
  })
})

/** Returns the accessible name of the focused element. */
function getFocusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const label =
      element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels?.[0] : null
    return element?.getAttribute('aria-label') ?? (label ?? element)?.textContent ?? ''
  })
}

async function expectLegible(page: Page): Promise<void> {
  await expect.poll(() => measureOverflow(page)).toBe(0)
  await expect.poll(() => findLowContrastText(page.locator('body'))).toEqual([])
}
