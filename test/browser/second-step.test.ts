import { cathy } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { startLoginPageWithCode, tokenLifetime, validCode } from './second-factor-page.ts'
import { findLowContrastText, measureOverflow } from './legibility.ts'
import type { SiteFiles } from './pages.ts'
import { buildLoginPage } from './pages.ts'
import { it } from './chromium-test.ts'
import {
  advanceTime,
  emptyStorage,
  expectGreeting,
  expectIdleForm,
  readBrowserStorage,
  signIn,
  usernameLabel,
} from './page-actions.ts'

let files: SiteFiles
beforeAll(async () => {
  files = await buildLoginPage()
})

const getCodeField = (page: Page) => page.getByRole('textbox', { name: 'One-time code' })

describe('an account that requires a one-time code', () => {
  it('gets one field for it, which has the focus and which the device can fill in', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files))
    const page = await harness.openPage(site.url)
    await signIn(page, cathy)
    await getCodeField(page).waitFor()
    await expect.poll(() => isCodeFocused(page)).toBe(true)
    expect(await page.getByRole('textbox').count()).toBe(1)
    expect(await getCodeField(page).getAttribute('autocomplete')).toBe('one-time-code')
    expect(await getCodeField(page).getAttribute('inputmode')).toBe('numeric')
    await expect.poll(() => page.title()).toBe('Sign in to Axosoft – Latchkey')
    await page.getByText('One more step for cathy.').waitFor()
    // The first step is not an error.
    expect(await page.getByRole('alert').textContent()).toBe('')
    expect(await readBrowserStorage(page)).toEqual(emptyStorage)

    await page.keyboard.type(validCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(site.tokenRequests.map((form) => form.has('password'))).toEqual([true, false])
  })

  it('signs in at a server that requires the password again with the code', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files, { continuation: 'credentials' }))
    const page = await harness.openPage(site.url)
    await signIn(page, cathy)
    await getCodeField(page).fill(validCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
    expect(site.tokenRequests.at(-1)?.get('password')).toBe(cathy.password)
  })

  it('shows that a code is wrong, and accepts another at once', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files))
    const page = await harness.openPage(site.url)
    await signIn(page, cathy)
    await getCodeField(page).fill('000000')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'That code is not right.' }).waitFor()
    await expect.poll(() => isCodeFocused(page)).toBe(true)
    expect(await getCodeField(page).inputValue()).toBe('')
    expect(await getCodeField(page).getAttribute('aria-invalid')).toBe('true')
    expect(await readCodeDescription(page)).toBe('That code is not right.')
    await expect.poll(() => page.title()).toBe('Error: Sign in to Axosoft – Latchkey')
    await expectIdleForm(page)
    await page.keyboard.type(validCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
  })

  it('starts again after too many wrong codes', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files))
    const page = await harness.openPage(site.url)
    await signIn(page, cathy)
    for (const wrong of ['000001', '000002', '000003', '000004', '000005']) {
      await getCodeField(page).fill(wrong)
      const response = page.waitForResponse(/session$/)
      await page.keyboard.press('Enter')
      await response
      await page.getByText('That code is not right.').waitFor()
      await expectIdleForm(page)
    }
    await page.getByRole('alert').filter({ hasText: 'That code is not right. Start again.' }).waitFor()
    expect(await page.getByLabel(usernameLabel).inputValue()).toBe(cathy.username)
  })

  it('shows that a code came too late, and accepts another', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files))
    const page = await harness.openPage(site.url)
    await signIn(page, cathy)
    await getCodeField(page).waitFor()
    site.advanceClock(600)
    await getCodeField(page).fill(validCode)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'That code has expired. Enter a new one.' }).waitFor()
    await expectIdleForm(page)
    await getCodeField(page).fill(validCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
  })

  it('returns to the first step, which keeps the username', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files))
    const page = await harness.openPage(site.url)
    await signIn(page, cathy)
    await page.getByRole('button', { name: 'Start again' }).click()
    await expect.poll(() => page.getByLabel(usernameLabel).inputValue()).toBe(cathy.username)
    const password = page.getByRole('textbox', { name: 'Password' })
    expect(await password.inputValue()).toBe('')
    await expect.poll(() => password.evaluate((field) => field === document.activeElement)).toBe(true)
    await signIn(page, { ...cathy, password: 'wrong' })
    await page.getByText('The username or password is not right.').waitFor()
    await signIn(page, cathy)
    await getCodeField(page).fill(validCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
  })

  it('enters the code in a dialog when its session has ended', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files))
    const page = await harness.openPage(site.url, { hasTestClock: true })
    await signIn(page, cathy)
    await getCodeField(page).fill(validCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
    await page.getByLabel('Find an item').fill('dialog')
    const dialog = page.getByRole('dialog', { name: 'Sign in again' })
    await advanceTime(page, site, tokenLifetime)
    await dialog.waitFor()
    await dialog.getByRole('textbox', { name: 'Password' }).fill(cathy.password)
    await page.keyboard.press('Enter')
    await dialog.getByLabel('One-time code').fill(validCode)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(await page.getByLabel('Find an item').inputValue()).toBe('dialog')
  })
})

describe.for(['light', 'dark'] as const)('on a small phone, %s', (colorScheme) => {
  it('all text of the second step is legible, and the page is not wider than the window', async ({
    harness,
  }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files))
    const page = await harness.openPage(site.url, { viewport: { width: 360, height: 740 }, colorScheme })
    await signIn(page, cathy)
    await getCodeField(page).waitFor()
    await expect.poll(() => findLowContrastText(page.locator('body'))).toEqual([])
    await getCodeField(page).fill('000000')
    await page.keyboard.press('Enter')
    await page.getByText('That code is not right.').waitFor()
    await expect.poll(() => measureOverflow(page)).toBe(0)
    await expect.poll(() => findLowContrastText(page.locator('body'))).toEqual([])
  })
})

function isCodeFocused(page: Page): Promise<boolean> {
  return getCodeField(page).evaluate((field) => field === document.activeElement)
}

/** Returns the description of the field, which screen readers say after its name. */
function readCodeDescription(page: Page): Promise<string> {
  return getCodeField(page).evaluate((field) =>
    (field.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ')
      .trim(),
  )
}
