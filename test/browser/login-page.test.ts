import { cathy, demoClient, noor } from '@latchkey/sandbox'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { faintWords, overflow } from './legibility.ts'
import type { Files } from './pages.ts'
import { buildLoginPage } from './pages.ts'
import type { Scene } from './test-pages.ts'
import { loginPageOnAxosoft, loginPageOnClass } from './test-pages.ts'
import type { Stage } from './chromium-test.ts'
import { it } from './chromium-test.ts'
import {
  expectSignInForm,
  expectGreeting,
  readBrowserStorage,
  nothing,
  openTab,
  requestsOf,
  shortLife,
  signIn,
  signOut,
  usernameLabel,
} from './page-actions.ts'

let files: Files
beforeAll(async () => {
  files = await buildLoginPage()
})

async function signedIn(stage: Stage): Promise<{ site: Scene; page: Page }> {
  const site = await stage.open(loginPageOnAxosoft(files))
  const page = await stage.visit(site.url)
  await signIn(page, cathy)
  await expectGreeting(page, 'Cathy')
  return { site, page }
}

async function signedInOnClass(
  stage: Stage,
  options?: BrowserContextOptions,
): Promise<{ site: Scene; page: Page; token: Locator }> {
  const site = await stage.open(loginPageOnClass(files, { accessTokenLifetime: shortLife }))
  const page = await stage.visit(site.url, options)
  await signIn(page, cathy)
  await page.getByText(/^\d+ of \d+ items$/).waitFor()
  return { site, page, token: page.getByRole('region', { name: 'Access token' }).locator('code') }
}

describe('signing in', () => {
  it('shows who is there and their items, and gives the focus to the new page', async ({ stage }) => {
    const { page } = await signedIn(stage)
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(await page.getByRole('row').count()).toBeGreaterThan(10)
    expect(await page.title()).toBe('Items – Latchkey')
    expect(await focused(page)).toBe('H1 Hello, Cathy')
  })

  it('says that the password is wrong, keeps the username, and lets the user try again', async ({
    stage,
  }) => {
    const site = await stage.open(loginPageOnAxosoft(files))
    const page = await stage.visit(site.url)
    await signIn(page, { ...cathy, password: 'wrong' })
    const alert = page.getByRole('alert').filter({ hasText: 'The login ID or password is not right.' })
    await alert.waitFor()
    await expect.poll(() => focused(page)).toBe('DIV The login ID or password is not right.')
    expect(await page.title()).toBe('Error: Sign in to Axosoft – Latchkey')
    expect(await page.getByLabel(usernameLabel).inputValue()).toBe(cathy.username)
    expect(await page.getByRole('textbox', { name: 'Password' }).inputValue()).toBe('')
    await page.getByRole('textbox', { name: 'Password' }).fill(cathy.password)
    await page.keyboard.press('Enter')
    await expectGreeting(page, 'Cathy')
  })

  it('passes a password on as it was typed', async ({ stage }) => {
    const site = await stage.open(loginPageOnAxosoft(files))
    const page = await stage.visit(site.url)
    await signIn(page, noor)
    await expectGreeting(page, 'Noor')
  })
})

// They wait for tokens to grow old, which they can do side by side.
describe.concurrent('a token that grows old', { timeout: 60_000 }, () => {
  it('is followed by another, while everything else on the page stays as it is', async ({ stage }) => {
    const { page, token } = await signedInOnClass(stage)
    await page.getByLabel('Find an item').fill('dialog')
    await page.evaluate(() => {
      const changed: (string | null)[] = []
      Object.assign(window, { changed })
      new MutationObserver((records) => {
        const places = records.map(({ target }) =>
          (target instanceof Element ? target : target.parentElement)?.closest('section'),
        )
        changed.push(...places.map((place) => place?.getAttribute('aria-labelledby') ?? null))
      }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
    })
    const before = String(await token.textContent())
    await token.filter({ hasNotText: before }).waitFor({ timeout: 20_000 })
    const changed = await page.evaluate(() => (window as unknown as { changed: string[] }).changed)
    expect([...new Set(changed)]).toEqual(['access-token'])
    expect(await page.getByLabel('Find an item').inputValue()).toBe('dialog')
    await page.getByText(/^1 of \d+ items$/).waitFor()
  })

  it('asks to sign in again when it cannot be refreshed, and keeps the typed words', async ({ stage }) => {
    const { site, page } = await signedInOnClass(stage, { viewport: { width: 360, height: 740 } })
    const typed = page.getByLabel('Find an item')
    await typed.fill('dialog')
    site.sandbox.revokeAll()
    const dialog = page.getByRole('dialog', { name: 'Sign in again' })
    await dialog.waitFor({ timeout: 20_000 })
    expect(await typed.evaluate((element) => element.closest('[inert]') !== null)).toBe(true)
    expect(await dialog.getByLabel(usernameLabel).inputValue()).toBe(cathy.username)
    await page.keyboard.press('Escape')
    await dialog.getByRole('textbox', { name: 'Password' }).fill('wrong')
    await page.keyboard.press('Enter')
    await dialog.getByText('The username or password is not right.').waitFor()
    expect(await overflow(page)).toBe(0)
    expect(await faintWords(dialog)).toEqual([])
    await dialog.getByRole('textbox', { name: 'Password' }).fill(cathy.password)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(await typed.inputValue()).toBe('dialog')
    await page.locator('input[type=search]:focus').waitFor()
    await page.keyboard.type('s')
    expect(await typed.inputValue()).toBe('dialogs')
    await page.getByText(/^0 of \d+ items$/).waitFor()
  })
})

describe('a reload', () => {
  it('asks one question before the first authorized answer', async ({ stage }) => {
    const { page } = await signedIn(stage)
    const requests = requestsOf(page)
    await page.reload()
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(requests).toEqual(['GET /auth/axosoft/session', 'GET /api/axosoft/items'])
  })
})

describe('another tab', () => {
  it('opens signed in, without the form', async ({ stage }) => {
    const { page } = await signedIn(stage)
    const tab = await page.context().newPage()
    await tab.addInitScript(() => {
      new MutationObserver(() => {
        if (document.querySelector('input[type=password]')) document.title = 'The form was shown'
      }).observe(document, { childList: true, subtree: true })
    })
    const requests = requestsOf(tab)
    await tab.goto(page.url())
    await expectGreeting(tab, 'Cathy')
    await tab.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(requests).toEqual(['GET /auth/axosoft/session', 'GET /api/axosoft/items'])
    expect(await tab.title()).toBe('Items – Latchkey')
  })

  it('ends when the user signs out in one, without a request of its own', async ({ stage }) => {
    const { page } = await signedIn(stage)
    const tab = await openTab(page)
    await expectGreeting(tab, 'Cathy')
    await tab.getByText(/^\d+ of \d+ items$/).waitFor()
    const requests = requestsOf(tab)
    await signOut(page)
    await tab.getByText('You have signed out in another tab.').waitFor()
    expect(await tab.content()).not.toContain(cathy.email)
    expect(requests).toEqual([])
    await page.getByText('You have signed out.').waitFor()
    await tab.reload()
    await expectSignInForm(tab)
  })

  it('follows whoever signs in next', async ({ stage }) => {
    const { page } = await signedIn(stage)
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
  it('shows nothing of who signed out in another tab', async ({ stage, annotate }) => {
    const { page } = await signedIn(stage)
    await noteWhatIsSeen(page)
    await page.getByRole('link', { name: 'Help' }).click()
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    const tab = await openTab(page)
    await signOut(tab)
    await expectSignInForm(tab)
    await page.goBack({ waitUntil: 'commit' })
    await expectSignInForm(page)
    expect(await page.content()).not.toContain(cathy.email)
    const seen = await whatWasSeen(page)
    expect(seen.text).not.toContain(cathy.email)
    await annotate(seen.cached ? 'came out of the back-forward cache' : 'was loaded anew')
  })

  it('shows nothing when the session ended while the page lay in the back-forward cache', async ({
    stage,
    annotate,
  }) => {
    const { site, page } = await signedIn(stage)
    await noteWhatIsSeen(page)
    await page.getByRole('link', { name: 'Help' }).click()
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    // No tab of ours does it, so no tab can tell the page.
    const answer = await page.context().request.delete(`${site.url}/auth/axosoft/session`, {
      headers: { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' },
    })
    expect(answer.status()).toBe(204)
    await page.goBack({ waitUntil: 'commit' })
    await expectSignInForm(page)
    expect(await page.content()).not.toContain(cathy.email)
    const seen = await whatWasSeen(page)
    expect(seen.text).not.toContain(cathy.email)
    await annotate(seen.cached ? 'came out of the back-forward cache' : 'was loaded anew')
  })
})

describe('what stays in the browser', () => {
  it('is a cookie that no script can read', async ({ stage }) => {
    const { page } = await signedIn(stage)
    expect(await page.context().cookies()).toEqual([
      expect.objectContaining({
        name: 'latchkey-auth-axosoft',
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
      }),
    ])
    expect(await readBrowserStorage(page)).toEqual(nothing)
    await signOut(page)
    await expectSignInForm(page)
    await expect.poll(() => page.context().cookies()).toEqual([])
    expect(await readBrowserStorage(page)).toEqual(nothing)
  })

  it('is a note about a sign-out, for as long as the BFF has not heard of it', async ({ stage }) => {
    const { site, page } = await signedIn(stage)
    const context = page.context()
    await context.setOffline(true)
    await signOut(page)
    await expectSignInForm(page)
    // Which session is meant, by its public name.
    const about = expect.stringMatching(/^\?session_id=[\w-]+$/) as string
    const note = { ...nothing, localStorage: { 'latchkey:/auth/axosoft': about } }
    expect(await readBrowserStorage(page)).toEqual(note)

    // The page can be loaded again, but the BFF is still away.
    await context.route('**/auth/**', (route) => route.abort())
    await context.setOffline(false)
    await page.reload()
    await expectSignInForm(page)
    expect(await page.content()).not.toContain(cathy.email)
    expect(await readBrowserStorage(page)).toEqual(note)

    const heard = page.waitForResponse(
      (response) => response.request().method() === 'DELETE' && response.status() === 204,
    )
    await context.unroute('**/auth/**')
    await page.reload()
    await heard
    await expect.poll(() => readBrowserStorage(page)).toEqual(nothing)
    expect(await context.cookies()).toEqual([])
    expect(site.requests.at(-1)).toMatch(/^DELETE \/auth\/axosoft\/session\b/)
  })

  it('is no token, password or client secret: not in a URL, in the page, or in an answer', async ({
    stage,
  }) => {
    const site = await stage.open(loginPageOnClass(files, {}))
    const page = await stage.visit(site.url)
    const urls: string[] = []
    const answers: Promise<string>[] = []
    let token = ''
    const context = page.context()
    context.on('request', (request) => urls.push(request.url()))
    context.on('response', (response) => {
      const { pathname } = new URL(response.url())
      const text = response.text().catch(() => '')
      if (pathname === '/auth/axosoft/session' && response.status() === 200)
        void text.then((body) => (token = /"access_token":"([^"]+)"/.exec(body)?.[1] ?? token))
      else answers.push(text)
    })
    await page.reload()
    await signIn(page, cathy)
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    const [cookie] = await context.cookies()
    const html = await page.content()
    await page.reload()
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    await signOut(page)
    await expectSignInForm(page)

    expect(token).not.toBe('')
    const secrets = [token, cathy.password, demoClient.clientSecret, cookie?.value ?? 'no cookie']
    const told = [...urls, html, await page.content(), ...(await Promise.all(answers))].join('\n')
    for (const secret of secrets) expect(told).not.toContain(secret)
    for (const secret of secrets) expect(site.log.join('\n')).not.toContain(secret)
  })
})

/** What a person could read on a page since it was shown, and whether it came out of the back-forward cache. */
interface Seen {
  cached: boolean
  text: string
}

/** Loads the page again, and has it and its successors note what is seen on them. */
async function noteWhatIsSeen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = { cached: false, text: '' }
    Object.assign(window, { seen })
    const look = (): void => {
      seen.text += document.body.innerText
      requestAnimationFrame(look)
    }
    addEventListener('DOMContentLoaded', look)
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) Object.assign(seen, { cached: true, text: document.body.innerText })
    })
  })
  await page.reload()
  await expectGreeting(page, 'Cathy')
  expect((await whatWasSeen(page)).text).toContain(cathy.email)
}

function whatWasSeen(page: Page): Promise<Seen> {
  return page.evaluate(() => (window as unknown as { seen: Seen }).seen)
}

/** What has the focus: its element, and its words. */
function focused(page: Page): Promise<string> {
  return page.evaluate(
    () => `${document.activeElement?.tagName} ${document.activeElement?.textContent ?? ''}`,
  )
}
