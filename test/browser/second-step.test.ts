import { cathy } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { loginPageWithCode, rightCode } from './second-factor-page.ts'
import { faintWords, overflow } from './legibility.ts'
import type { Files } from './pages.ts'
import { buildLoginPage } from './pages.ts'
import { it } from './chromium-test.ts'
import { expectGreeting, readBrowserStorage, nothing, signIn, usernameLabel } from './page-actions.ts'

let files: Files
beforeAll(async () => {
  files = await buildLoginPage()
})

const code = (page: Page) => page.getByRole('textbox', { name: 'One-time code' })

describe('an account that asks for a one-time code', () => {
  it('is asked in one field, which has the focus and can be filled in by the device', async ({ stage }) => {
    const site = await stage.open(loginPageWithCode(files))
    const page = await stage.visit(site.url)
    await signIn(page, cathy)
    await code(page).waitFor()
    await expect.poll(() => isFocused(page)).toBe(true)
    expect(await page.getByRole('textbox').count()).toBe(1)
    expect(await code(page).getAttribute('autocomplete')).toBe('one-time-code')
    expect(await code(page).getAttribute('inputmode')).toBe('numeric')
    await expect.poll(() => page.title()).toBe('One more step: Sign in to Axosoft – Latchkey')
    expect(await description(page)).toBe('One more step for cathy. From your authenticator app or a message.')
    // Nobody has failed.
    expect(await page.getByRole('alert').textContent()).toBe('')
    expect(await readBrowserStorage(page)).toEqual(nothing)

    await page.keyboard.type(rightCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(site.tokenRequests.map((form) => form.has('password'))).toEqual([true, false])
  })

  it('is signed in too where the server wants the password again', async ({ stage }) => {
    const site = await stage.open(loginPageWithCode(files, { how: 'again' }))
    const page = await stage.visit(site.url)
    await signIn(page, cathy)
    await code(page).fill(rightCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
    expect(site.tokenRequests.at(-1)?.get('password')).toBe(cathy.password)
  })

  it('hears that a code is not right, and may type another at once', async ({ stage }) => {
    const site = await stage.open(loginPageWithCode(files))
    const page = await stage.visit(site.url)
    await signIn(page, cathy)
    await code(page).fill('000000')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'That code is not right.' }).waitFor()
    await expect.poll(() => isFocused(page)).toBe(true)
    expect(await code(page).inputValue()).toBe('')
    expect(await code(page).getAttribute('aria-invalid')).toBe('true')
    expect(await description(page)).toMatch(/^That code is not right\. One more step/)
    await expect.poll(() => page.title()).toBe('Error: Sign in to Axosoft – Latchkey')
    await page.keyboard.type(rightCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
  })

  it('begins again after too many wrong codes', async ({ stage }) => {
    const site = await stage.open(loginPageWithCode(files))
    const page = await stage.visit(site.url)
    await signIn(page, cathy)
    for (const wrong of ['000001', '000002', '000003', '000004', '000005']) {
      await code(page).fill(wrong)
      const answered = page.waitForResponse(/session$/)
      await page.keyboard.press('Enter')
      await answered
      await page.getByText('That code is not right.').waitFor()
    }
    await page.getByRole('alert').filter({ hasText: 'That code is not right. Start again.' }).waitFor()
    expect(await page.getByLabel(usernameLabel).inputValue()).toBe(cathy.username)
  })

  it('says that a code has expired, and takes a new one', async ({ stage }) => {
    const site = await stage.open(loginPageWithCode(files))
    const page = await stage.visit(site.url)
    await signIn(page, cathy)
    await code(page).waitFor()
    site.pass(600)
    await code(page).fill(rightCode)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'That code has expired. Enter a new one.' }).waitFor()
    await code(page).fill(rightCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
  })

  it('goes back to the beginning, where the username still stands', async ({ stage }) => {
    const site = await stage.open(loginPageWithCode(files))
    const page = await stage.visit(site.url)
    await signIn(page, cathy)
    await page.getByRole('button', { name: 'Start again' }).click()
    expect(await page.getByLabel(usernameLabel).inputValue()).toBe(cathy.username)
    const password = page.getByRole('textbox', { name: 'Password' })
    expect(await password.inputValue()).toBe('')
    await expect.poll(() => password.evaluate((field) => field === document.activeElement)).toBe(true)
    await signIn(page, { ...cathy, password: 'wrong' })
    await page.getByText('The username or password is not right.').waitFor()
    await signIn(page, cathy)
    await code(page).fill(rightCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
  })

  it('is asked over the page, too, when its session has ended', async ({ stage }) => {
    const site = await stage.open(loginPageWithCode(files, { firstLifetime: 5 }))
    const page = await stage.visit(site.url)
    await signIn(page, cathy)
    await code(page).fill(rightCode)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
    await page.getByLabel('Find an item').fill('dialog')
    const dialog = page.getByRole('dialog', { name: 'Sign in again' })
    await dialog.waitFor({ timeout: 20_000 })
    await dialog.getByRole('textbox', { name: 'Password' }).fill(cathy.password)
    await page.keyboard.press('Enter')
    await dialog.getByLabel('One-time code').fill(rightCode)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(await page.getByLabel('Find an item').inputValue()).toBe('dialog')
  })
})

describe.for(['light', 'dark'] as const)('on a small phone, %s', (colorScheme) => {
  it('every word of the second step can be read, and nothing lies beside the window', async ({ stage }) => {
    const site = await stage.open(loginPageWithCode(files))
    const page = await stage.visit(site.url, { viewport: { width: 360, height: 740 }, colorScheme })
    await signIn(page, cathy)
    await code(page).waitFor()
    expect(await faintWords(page.locator('body'))).toEqual([])
    await code(page).fill('000000')
    await page.keyboard.press('Enter')
    await page.getByText('That code is not right.').waitFor()
    expect(await overflow(page)).toBe(0)
    expect(await faintWords(page.locator('body'))).toEqual([])
  })
})

function isFocused(page: Page): Promise<boolean> {
  return code(page).evaluate((field) => field === document.activeElement)
}

/** What a screen reader says after the name of the field. */
function description(page: Page): Promise<string> {
  return code(page).evaluate((field) =>
    (field.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' '),
  )
}
