import { cathy, demoClient, noor } from '@latchkey/sandbox'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { findLowContrastText, measureOverflow } from './legibility.ts'
import type { SiteFiles } from './pages.ts'
import { buildLoginPage } from './pages.ts'
import type { TestSite } from './test-pages.ts'
import { startLoginPageOnAxosoft, startLoginPageOnClass } from './test-pages.ts'
import type { Harness, PageOptions } from './chromium-test.ts'
import { it } from './chromium-test.ts'
import {
  advanceTime,
  expectIdleForm,
  expectSignInForm,
  expectGreeting,
  listSessionCookies,
  readBrowserStorage,
  emptyStorage,
  openTab,
  recordRequests,
  signIn,
  signOut,
  usernameLabel,
} from './page-actions.ts'

let files: SiteFiles
beforeAll(async () => {
  files = await buildLoginPage()
})

async function openSignedIn(
  harness: Harness,
  options?: PageOptions,
): Promise<{ site: TestSite; page: Page }> {
  const site = await harness.closeAtEnd(startLoginPageOnAxosoft(files))
  const page = await harness.openPage(site.url, options)
  await signIn(page, cathy)
  await expectGreeting(page, 'Cathy')
  return { site, page }
}

async function openSignedInOnClass(
  harness: Harness,
  options?: PageOptions,
): Promise<{ site: TestSite; page: Page; token: Locator }> {
  const site = await harness.closeAtEnd(startLoginPageOnClass(files))
  const page = await harness.openPage(site.url, { ...options, hasTestClock: true })
  await signIn(page, cathy)
  await page.getByText(/^\d+ of \d+ items$/).waitFor()
  return { site, page, token: page.getByRole('region', { name: 'Access token' }).locator('code') }
}

describe('a sign-in', () => {
  it('shows the user and the items, and moves the focus to the new page', async ({ harness }) => {
    const { page } = await openSignedIn(harness)
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(await page.getByRole('row').count()).toBeGreaterThan(10)
    await expect.poll(() => page.title()).toBe('Items – Latchkey')
    await expect.poll(() => getFocused(page)).toBe('H1 Hello, Cathy')
  })

  it('shows that the password is wrong, keeps the username, and can be repeated', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageOnAxosoft(files))
    const page = await harness.openPage(site.url)
    await signIn(page, { ...cathy, password: 'wrong' })
    const alert = page.getByRole('alert').filter({ hasText: 'The login ID or password is not right.' })
    await alert.waitFor()
    await expect.poll(() => getFocused(page)).toBe('DIV The login ID or password is not right.')
    await expect.poll(() => page.title()).toBe('Error: Sign in to Axosoft – Latchkey')
    expect(await page.getByLabel(usernameLabel).inputValue()).toBe(cathy.username)
    expect(await page.getByRole('textbox', { name: 'Password' }).inputValue()).toBe('')
    await expectIdleForm(page)
    await page.getByRole('textbox', { name: 'Password' }).fill(cathy.password)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
  })

  it('sends special characters and spaces of a password unchanged', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageOnAxosoft(files))
    const page = await harness.openPage(site.url)
    await signIn(page, noor)
    await expectGreeting(page, 'Noor')
  })
})

describe('a token near its expiry', () => {
  it('is refreshed, and changes only its own section of the page', async ({ harness }) => {
    const { site, page, token } = await openSignedInOnClass(harness)
    await page.getByLabel('Find an item').fill('dialog')
    await page.evaluate(() => {
      const changed: (string | null)[] = []
      Object.assign(window, { changed })
      new MutationObserver((records) => {
        const sections = records.map(({ target }) =>
          (target instanceof Element ? target : target.parentElement)?.closest('section'),
        )
        changed.push(...sections.map((section) => section?.getAttribute('aria-labelledby') ?? null))
      }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
    })
    const before = String(await token.textContent())
    await advanceTime(page, site, 860)
    await token.filter({ hasNotText: before }).waitFor()
    const changed = await page.evaluate(() => (window as unknown as { changed: string[] }).changed)
    expect([...new Set(changed)]).toEqual(['access-token'])
    expect(await page.getByLabel('Find an item').inputValue()).toBe('dialog')
    await page.getByText(/^1 of \d+ items$/).waitFor()
  })

  it('opens a dialog for a new sign-in when the refresh is rejected, and keeps the entered text', async ({
    harness,
  }) => {
    const { site, page } = await openSignedInOnClass(harness, { viewport: { width: 360, height: 740 } })
    const filter = page.getByLabel('Find an item')
    await filter.fill('dialog')
    site.sandbox.revokeAll()
    const dialog = page.getByRole('dialog', { name: 'Sign in again' })
    await advanceTime(page, site, 860)
    await dialog.waitFor()
    expect(await filter.evaluate((element) => element.closest('[inert]') !== null)).toBe(true)
    expect(await dialog.getByLabel(usernameLabel).inputValue()).toBe(cathy.username)
    await page.keyboard.press('Escape')
    await dialog.getByRole('textbox', { name: 'Password' }).fill('wrong')
    await page.keyboard.press('Enter')
    await dialog.getByText('The username or password is not right.').waitFor()
    await expectIdleForm(dialog)
    await expect.poll(() => measureOverflow(page)).toBe(0)
    await expect.poll(() => findLowContrastText(dialog)).toEqual([])
    await dialog.getByRole('textbox', { name: 'Password' }).fill(cathy.password)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(await filter.inputValue()).toBe('dialog')
    await page.locator('input[type=search]:focus').waitFor()
    await page.keyboard.type('s')
    await expect.poll(() => filter.inputValue()).toBe('dialogs')
    await page.getByText(/^0 of \d+ items$/).waitFor()
  })

  it.for([true, false])(
    'keeps that dialog open and its password focused after Escape, with closedby: %s',
    async (hasClosedBy, { harness }) => {
      const { site, page } = await openSignedInOnClass(harness)
      site.sandbox.revokeAll()
      await advanceTime(page, site, 860)
      const dialog = page.getByRole('dialog', { name: 'Sign in again' })
      await dialog.waitFor()
      if (!hasClosedBy) await dialog.evaluate((element) => element.removeAttribute('closedby'))
      await page.keyboard.type('half a pass')
      await countCloseEvents(dialog)
      // Chromium asks the page before it closes a dialog, but not at every Escape.
      for (let count = 0; count < 4; count++) await page.keyboard.press('Escape')
      if (!hasClosedBy) await expect.poll(() => dialog.getAttribute('data-closed')).not.toBe('0')
      await page.keyboard.type('word')
      await expect
        .poll(() => dialog.getByRole('textbox', { name: 'Password' }).inputValue())
        .toBe('half a password')
      expect(await dialog.isVisible()).toBe(true)
    },
  )
})

describe('a reload', () => {
  it('sends one request before the first authorized response', async ({ harness }) => {
    const { page } = await openSignedIn(harness)
    const requests = recordRequests(page)
    await page.reload()
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(requests).toEqual(['GET /auth/axosoft/session', 'GET /api/axosoft/items'])
  })
})

describe('another tab', () => {
  it('opens signed in, without ever showing the form', async ({ harness }) => {
    const { page } = await openSignedIn(harness)
    const tab = await page.context().newPage()
    await tab.addInitScript(() => {
      new MutationObserver(() => {
        if (document.querySelector('input[type=password]')) document.title = 'The form was shown'
      }).observe(document, { childList: true, subtree: true })
    })
    const requests = recordRequests(tab)
    await tab.goto(page.url())
    await expectGreeting(tab, 'Cathy')
    await tab.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(requests).toEqual(['GET /auth/axosoft/session', 'GET /api/axosoft/items'])
    expect(await tab.title()).toBe('Items – Latchkey')
  })

  it('signs out when the user signs out in one tab, without a request of its own', async ({ harness }) => {
    const { page } = await openSignedIn(harness)
    const tab = await openTab(page)
    await expectGreeting(tab, 'Cathy')
    await tab.getByText(/^\d+ of \d+ items$/).waitFor()
    const requests = recordRequests(tab)
    await signOut(page)
    await tab.getByText('You have signed out in another tab.').waitFor()
    expect(await tab.content()).not.toContain(cathy.email)
    expect(requests).toEqual([])
    await page.getByText('You have signed out.').waitFor()
    await tab.reload()
    await expectSignInForm(tab)
  })

  it('shows the user who signs in next in one tab', async ({ harness }) => {
    const { page } = await openSignedIn(harness)
    const tab = await openTab(page)
    await expectGreeting(tab, 'Cathy')
    await signOut(page)
    await expectSignInForm(tab)
    await signIn(page, noor)
    await expectGreeting(tab, 'Noor')
    expect(await tab.content()).not.toContain(cathy.email)
  })
})

describe('the back button', () => {
  it('shows no data of a user who signed out in another tab', async ({ harness, annotate }) => {
    const { page } = await openSignedIn(harness, { hasBackForwardCache: true })
    await recordVisibleText(page)
    await page.getByRole('link', { name: 'Help' }).click()
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    const tab = await openTab(page)
    await signOut(tab)
    await expectSignInForm(tab)
    await page.goBack({ waitUntil: 'commit' })
    await expectSignInForm(page)
    expect(await page.content()).not.toContain(cathy.email)
    const seen = await readVisibleText(page)
    expect(seen.text).not.toContain(cathy.email)
    await annotate(seen.isFromCache ? 'restored from the back-forward cache' : 'loaded again')
  })

  it('shows no data when the session ended while the page was in the back-forward cache', async ({
    harness,
    annotate,
  }) => {
    const { site, page } = await openSignedIn(harness, { hasBackForwardCache: true })
    await recordVisibleText(page)
    await page.getByRole('link', { name: 'Help' }).click()
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    // Outside the page, so that no tab can notify it.
    const response = await page.context().request.delete(`${site.url}/auth/axosoft/session`, {
      headers: { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' },
    })
    expect(response.status()).toBe(204)
    await page.goBack({ waitUntil: 'commit' })
    await expectSignInForm(page)
    expect(await page.content()).not.toContain(cathy.email)
    const seen = await readVisibleText(page)
    expect(seen.text).not.toContain(cathy.email)
    await annotate(seen.isFromCache ? 'restored from the back-forward cache' : 'loaded again')
  })
})

describe('the browser', () => {
  it('stores only cookies that scripts cannot read', async ({ harness }) => {
    const { page } = await openSignedIn(harness)
    const cookies = await page.context().cookies()
    expect(cookies.map(({ name }) => name).toSorted()).toEqual(['latchkey-auth-axosoft', 'latchkey.device'])
    for (const cookie of cookies)
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' })
    expect(await readBrowserStorage(page)).toEqual(emptyStorage)
    await signOut(page)
    await expectSignInForm(page)
    await expect.poll(() => listSessionCookies(page)).toEqual([])
    expect(await readBrowserStorage(page)).toEqual(emptyStorage)
  })

  it('stores a pending sign-out until the BFF has confirmed it', async ({ harness }) => {
    const { site, page } = await openSignedIn(harness)
    const context = page.context()
    await context.setOffline(true)
    await signOut(page)
    await expectSignInForm(page)
    // The public id of the session.
    const query = expect.stringMatching(/^\?session_id=[\w-]+$/) as string
    const pendingSignOut = { ...emptyStorage, localStorage: { 'latchkey:/auth/axosoft': query } }
    expect(await readBrowserStorage(page)).toEqual(pendingSignOut)

    // The page can load again, but the BFF is still unreachable.
    await context.route('**/auth/**', (route) => route.abort())
    await context.setOffline(false)
    await page.reload()
    // Only the BFF knows the fields of the form.
    await expectIdleForm(page)
    expect(await page.content()).not.toContain(cathy.email)
    expect(await readBrowserStorage(page)).toEqual(pendingSignOut)

    const signOutResponse = page.waitForResponse(
      (response) => response.request().method() === 'DELETE' && response.status() === 204,
    )
    await context.unroute('**/auth/**')
    await page.reload()
    await signOutResponse
    await expect.poll(() => readBrowserStorage(page)).toEqual(emptyStorage)
    expect(await listSessionCookies(page)).toEqual([])
    // The page then looks whether the browser has a later session.
    const confirmed = site.requests.filter((request) => request.startsWith('DELETE '))
    expect(confirmed).toEqual([expect.stringMatching(/^DELETE \/auth\/axosoft\/session\?session_id=/)])
  })

  it('finds no token, password or client secret in URLs, pages and other responses', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageOnClass(files))
    const page = await harness.openPage(site.url)
    const urls: string[] = []
    const responses: Promise<string>[] = []
    let token = ''
    const context = page.context()
    context.on('request', (request) => urls.push(request.url()))
    context.on('response', (response) => {
      const { pathname } = new URL(response.url())
      const text = response.text().catch(() => '')
      if (pathname === '/auth/axosoft/session' && response.status() === 200)
        void text.then((body) => (token = /"access_token":"([^"]+)"/.exec(body)?.[1] ?? token))
      else responses.push(text)
    })
    await page.reload()
    await signIn(page, cathy)
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    const cookies = await context.cookies()
    const html = await page.content()
    await page.reload()
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    await signOut(page)
    await expectSignInForm(page)

    expect(token).not.toBe('')
    const cookieValues = cookies.map(({ value }) => value)
    expect(cookieValues).toHaveLength(2)
    const secrets = [token, cathy.password, demoClient.clientSecret, ...cookieValues]
    const outputs = [...urls, html, await page.content(), ...(await Promise.all(responses))].join('\n')
    for (const secret of secrets) expect(outputs).not.toContain(secret)
    for (const secret of secrets) expect(site.log.join('\n')).not.toContain(secret)
  })
})

/** All text that was visible on a page since it was shown, and whether the back-forward cache restored the page. */
interface VisibleText {
  isFromCache: boolean
  text: string
}

/** Reloads the page. It and later pages of its tab record their visible text. */
async function recordVisibleText(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = { isFromCache: false, text: '' }
    Object.assign(window, { seen })
    const record = (): void => {
      seen.text += document.body.innerText
      requestAnimationFrame(record)
    }
    addEventListener('DOMContentLoaded', record)
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) Object.assign(seen, { isFromCache: true, text: document.body.innerText })
    })
  })
  await page.reload()
  await expectGreeting(page, 'Cathy')
  // The page records its text with the next frame.
  await expect.poll(async () => (await readVisibleText(page)).text).toContain(cathy.email)
}

function readVisibleText(page: Page): Promise<VisibleText> {
  return page.evaluate(() => (window as unknown as { seen: VisibleText }).seen)
}

/** Counts the `close` events of a dialog, which `data-closed` shows. */
async function countCloseEvents(dialog: Locator): Promise<void> {
  await dialog.evaluate((element) => {
    let count = 0
    element.dataset['closed'] = '0'
    element.addEventListener('close', () => (element.dataset['closed'] = String(++count)))
  })
}

/** Returns the tag and the text of the focused element. */
function getFocused(page: Page): Promise<string> {
  return page.evaluate(
    () => `${document.activeElement?.tagName} ${document.activeElement?.textContent ?? ''}`,
  )
}
