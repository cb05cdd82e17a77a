import { cathy } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { faintWords, overflow } from './legibility.ts'
import type { Files } from './pages.ts'
import { buildLoginPage } from './pages.ts'
import { loginPageOnAxosoft } from './test-pages.ts'
import { it } from './chromium-test.ts'
import { expectGreeting, signIn, usernameLabel } from './page-actions.ts'

let files: Files
beforeAll(async () => {
  files = await buildLoginPage()
})

describe('the keyboard alone', () => {
  it('signs in, looks at the password on the way, and signs out', async ({ stage }) => {
    const site = await stage.open(loginPageOnAxosoft(files))
    const page = await stage.visit(site.url)
    await page.getByLabel(usernameLabel).waitFor()
    const { keyboard } = page
    await keyboard.press('Tab')
    expect(await focused(page)).toBe('System')
    await keyboard.press('Tab')
    expect(await focused(page)).toBe('Login ID')
    await keyboard.type(cathy.username)
    await keyboard.press('Tab')
    expect(await focused(page)).toBe('Password')
    await keyboard.type(cathy.password)

    await keyboard.press('Tab')
    expect(await focused(page)).toBe('Show password')
    await keyboard.press('Space')
    const password = page.getByRole('textbox', { name: 'Password' })
    expect(await password.getAttribute('type')).toBe('text')
    expect(await focused(page)).toBe('Hide password')
    await keyboard.press('Enter')
    expect(await password.getAttribute('type')).toBe('password')
    expect(await password.inputValue()).toBe(cathy.password)

    await keyboard.press('Tab')
    expect(await focused(page)).toBe('Sign in')
    await keyboard.press('Shift+Tab')
    await keyboard.press('Shift+Tab')
    expect(await focused(page)).toBe('Password')
    await keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')

    await keyboard.press('Shift+Tab')
    expect(await focused(page)).toBe('Sign out')
    await keyboard.press('Enter')
    await page.getByText('You have signed out.').waitFor()
    await expect.poll(() => focused(page)).toBe('Sign in to Axosoft')
  })

  it('sends a revealed password covered', async ({ stage }) => {
    const site = await stage.open(loginPageOnAxosoft(files))
    const page = await stage.visit(site.url)
    const password = page.getByRole('textbox', { name: 'Password' })
    await page.getByRole('button', { name: 'Show password' }).click()
    await signIn(page, { ...cathy, password: 'wrong' })
    await page.getByText('The login ID or password is not right.').waitFor()
    expect(await password.getAttribute('type')).toBe('password')
  })
})

describe.for(['light', 'dark'] as const)('on a small phone, %s', (colorScheme) => {
  it('every word can be read, and nothing lies beside the window', async ({ stage }) => {
    const site = await stage.open(loginPageOnAxosoft(files))
    const page = await stage.visit(site.url, { viewport: { width: 360, height: 740 }, colorScheme })
    await page.getByLabel(usernameLabel).waitFor()
    await isLegible(page)

    await signIn(page, { ...cathy, password: 'wrong' })
    await page.getByText('The login ID or password is not right.').waitFor()
    await isLegible(page)

    await signIn(page, cathy)
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    await isLegible(page)

    await page.getByRole('link', { name: 'Help' }).click()
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    await isLegible(page)
  })
})

/** The name of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const label =
      element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels?.[0] : null
    return element?.getAttribute('aria-label') ?? (label ?? element)?.textContent ?? ''
  })
}

async function isLegible(page: Page): Promise<void> {
  expect(await overflow(page)).toBe(0)
  expect(await faintWords(page.locator('body'))).toEqual([])
}
