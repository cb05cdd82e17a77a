import { cathy, noor } from '@latchkey/sandbox'
import { beforeAll, describe, expect } from 'vitest'
import { startFilesSite } from '../browser/files-site.ts'
import type { SiteFiles } from '../browser/pages.ts'
import { buildLoginPage, buildSmallPage } from '../browser/pages.ts'
import type { TestSite } from '../browser/test-pages.ts'
import {
  startLoginPageOnAxosoft,
  startLoginPageOnClass,
  startSmallPageOnClass,
} from '../browser/test-pages.ts'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import type { Cookie, Tab } from './browser.ts'
import type { Harness } from './browser-test.ts'
import { createBrowserTest, otherBrowsers } from './browser-test.ts'
import {
  click,
  expectFocus,
  expectSignInForm,
  expectText,
  expectTitle,
  fill,
  press,
  readHtml,
  readValue,
  signIn,
  type,
} from './tab-actions.ts'

const itemCount = /\b\d+ of \d+ items\b/
const password = 'input[autocomplete=current-password]'

let loginPage: SiteFiles
let smallPage: SiteFiles
beforeAll(async () => {
  loginPage = await buildLoginPage()
  smallPage = await buildSmallPage()
})

async function openSignedIn(harness: Harness): Promise<{ site: TestSite; tab: Tab }> {
  const site = await harness.closeAtEnd(startLoginPageOnAxosoft(loginPage))
  const tab = await harness.openTab(site.url)
  await signIn(tab, cathy)
  await expectText(tab, itemCount)
  return { site, tab }
}

const browsers = otherBrowsers.map((browser) => ({ ...browser, test: createBrowserTest(browser) }))

for (const { name, packages, missing } of otherBrowsers)
  if (missing !== null)
    // oxlint-disable-next-line no-console -- says why tests are skipped
    console.log(
      `Skipped the tests in ${name}: ${missing} not found. On Debian: apt-get install ${packages.join(' ')}`,
    )

describe.for(browsers)('in $name', ({ test, missing }) => {
  const it = test.skipIf(missing !== null)

  it('a sign-in shows the user and the items, and moves the focus to the new page', async ({ harness }) => {
    const { tab } = await openSignedIn(harness)
    await expectTitle(tab, 'Items – Latchkey')
    await expectFocus(tab, 'H1 Hello, Cathy')
  })

  it('a wrong password is reported, keeps the username, and can be corrected', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageOnAxosoft(loginPage))
    const tab = await harness.openTab(site.url)
    await signIn(tab, { ...cathy, password: 'wrong' })
    await expectFocus(tab, 'DIV The login ID or password is not right.')
    await expectTitle(tab, 'Error: Sign in to Axosoft – Latchkey')
    expect(await readValue(tab, 'input[autocomplete=username]')).toBe(cathy.username)
    expect(await readValue(tab, password)).toBe('')
    await signIn(tab, cathy)
    await expectText(tab, 'Hello, Cathy')
  })

  it('a reload sends one request before the first authorized response', async ({ harness }) => {
    const { site, tab } = await openSignedIn(harness)
    const requestCount = site.requests.length
    await tab.reload()
    await expectText(tab, itemCount)
    expect(site.requests.slice(requestCount)).toEqual(['GET /auth/axosoft/session', 'GET /api/axosoft/items'])
  })

  it('a rejected token is refreshed once for many requests', async ({ harness }) => {
    const site = await harness.closeAtEnd(startSmallPageOnClass(smallPage))
    const tab = await harness.openTab(site.url)
    await signIn(tab, cathy)
    await expectText(tab, 'Acacia Family Superannuation Fund')
    const readToken = (): Promise<string | undefined> =>
      tab.evaluate(() => document.querySelector('output')?.textContent ?? '')
    const firstToken = await readToken()
    // The BFF does not refresh a token that it got a few seconds ago.
    site.advanceClock(60)
    site.sandbox.expireAccessTokens()
    const statuses = await tab.evaluate(() =>
      Promise.all(Array.from({ length: 20 }, async () => (await window.auth.fetch('/api/items')).status)),
    )
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200))
    expect(site.sandbox.requests.count({ kind: 'token', grant: 'refresh_token' })).toBe(1)
    await expect.poll(readToken).not.toBe(firstToken)
  })

  it('a token near its expiry is refreshed when the window gets the focus', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageOnClass(loginPage))
    const tab = await harness.openTab(site.url)
    await signIn(tab, cathy)
    await expectText(tab, itemCount)
    await fill(tab, 'input[type=search]', 'dialog')
    const requestCount = site.requests.length
    await advanceTime(tab, site, 860)
    await expect.poll(() => site.requests.slice(requestCount)).toEqual(['POST /auth/axosoft/token'])
    await expectText(tab, 'Hello, Cathy')
    expect(await readValue(tab, 'input[type=search]')).toBe('dialog')
  })

  it('the refusal of an upload of 16 MB is reported', async ({ harness }) => {
    const site = await harness.closeAtEnd(startFilesSite(smallPage))
    const tab = await harness.openTab(site.url)
    await signIn(tab, cathy)
    await expectText(tab, `Hello, ${cathy.username}`)
    const refusal = await tab.evaluate(async () => {
      const body = new Blob([new Uint8Array(16 * 1024 * 1024)])
      const response = await window.auth.fetch('/files/report.txt', { method: 'POST', body })
      return response.status
    })
    expect(refusal).toBe(405)
    expect(site.received).toEqual([])
  })

  it('two tabs sign out together, and sign in together', async ({ harness }) => {
    const { site, tab } = await openSignedIn(harness)
    const other = await harness.openTab(site.url)
    await expectText(other, itemCount)
    const requestCount = site.requests.length
    await click(tab, 'button', 'Sign out')
    await expectText(other, 'You have signed out in another tab.')
    expect(await readHtml(other)).not.toContain(cathy.email)
    await expectText(tab, 'You have signed out.')
    // The other tab sends no request.
    expect(site.requests.slice(requestCount)).toEqual([
      expect.stringMatching(/^DELETE \/auth\/axosoft\/session/),
    ])
    await signIn(tab, noor)
    await expectText(other, 'Hello, Noor')
  })

  it('the back button shows no data of a user who signed out in another tab', async ({
    harness,
    annotate,
  }) => {
    const { site, tab } = await openSignedIn(harness)
    await recordVisibleText(tab)
    await click(tab, 'a', 'Help')
    await expectTitle(tab, 'Help – Latchkey')
    const other = await harness.openTab(site.url)
    await expectText(other, itemCount)
    await click(other, 'button', 'Sign out')
    await expectSignInForm(other)
    await annotate(await goBackToForm(tab))
  })

  it('the back button shows no data of a session that ended meanwhile', async ({ harness, annotate }) => {
    const { site, tab } = await openSignedIn(harness)
    await recordVisibleText(tab)
    await click(tab, 'a', 'Help')
    await expectTitle(tab, 'Help – Latchkey')
    // More than every limit of a session.
    site.advanceClock(400 * 24 * 3600)
    await annotate(await goBackToForm(tab))
  })

  it('a sign-out reaches the BFF when its tab closes before the request was sent', async ({ harness }) => {
    const { site, tab } = await openSignedIn(harness)
    await occupyConnections(site, tab)
    await click(tab, 'button', 'Sign out')
    await expectText(tab, 'You have signed out.')
    expect(site.requests.some((request) => request.startsWith('DELETE'))).toBe(false)
    await tab.close()
    await expect.poll(() => site.requests.at(-1)).toMatch(/^DELETE \/auth\/axosoft\/session/)
    const next = await harness.openTab(site.url)
    await expectSignInForm(next)
    await expect.poll(() => readSessionCookies(next)).toEqual([])
  })

  it.for(['127.0.0.1', 'localhost'])(
    'the session cookie works over plain http on %s, and scripts cannot read it',
    async (host, { harness }) => {
      const site = await harness.closeAtEnd(startLoginPageOnAxosoft(loginPage))
      const tab = await harness.openTab(site.url.replace('127.0.0.1', host))
      await signIn(tab, cathy)
      await expectText(tab, itemCount)
      expect(await readSessionCookies(tab)).toEqual([
        {
          name: 'latchkey-auth-axosoft',
          path: '/',
          httpOnly: true,
          secure: false,
          sameSite: 'strict',
        },
      ])
      expect(await tab.evaluate(() => document.cookie)).toBe('')
      await tab.reload()
      await expectText(tab, 'Hello, Cathy')
      await click(tab, 'button', 'Sign out')
      await expectText(tab, 'You have signed out.')
      await expect.poll(() => readSessionCookies(tab)).toEqual([])
    },
  )

  it('the login page does not violate a strict content security policy', async ({ harness, browser }) => {
    const { site, tab } = await openSignedIn(harness)
    await click(tab, 'button', 'Sign out')
    await expectText(tab, 'You have signed out.')
    // One violation on purpose: when the browser has reported it, it would have reported earlier ones too.
    await tab.evaluate(() => {
      const image = document.createElement('img')
      image.src = 'http://127.0.0.1:9/on-purpose.png'
      document.body.append(image)
    })
    await expect.poll(() => site.violations.length).toBeGreaterThan(0)
    expect(site.violations).toEqual([expect.stringContaining('on-purpose.png')])
    // Firefox writes violations to the console as well.
    for (const error of browser.takePageErrors()) expect(error).toContain('on-purpose.png')
  })

  it('another origin receives no token, neither directly nor when the API redirects to it', async ({
    harness,
  }) => {
    const received: { path: string; headers: string }[] = []
    const otherServer = await harness.closeAtEnd(
      startHttpServer((request, response) => {
        if (request.method !== 'OPTIONS')
          received.push({ path: String(request.url), headers: JSON.stringify(request.headers).toLowerCase() })
        response.setHeader('Access-Control-Allow-Origin', '*')
        response.setHeader('Access-Control-Allow-Headers', '*, Authorization')
        response.end('{}')
      }),
    )
    const redirectTo = `${otherServer.url}/redirected`
    const site = await harness.closeAtEnd(
      startSmallPageOnClass(smallPage, {}, { connectTo: otherServer.url, redirectTo }),
    )
    const tab = await harness.openTab(site.url)
    await signIn(tab, cathy)
    await expectText(tab, 'Acacia Family Superannuation Fund')
    const token = await tab.evaluate(() => document.querySelector('output')?.textContent ?? '')
    expect(token).not.toBe('')
    const statuses = await tab.evaluate(
      async (urls) => Promise.all(urls.map(async (url) => (await window.auth.fetch(url)).status)),
      ['/api/elsewhere', `${otherServer.url}/absolute`],
    )
    expect(statuses).toEqual([200, 200])
    expect(received.map(({ path }) => path).toSorted()).toEqual(['/absolute', '/redirected'])
    for (const { headers } of received) {
      expect(headers).not.toContain('authorization')
      expect(headers).not.toContain(token.toLowerCase())
      expect(headers).not.toContain('x-latchkey')
      expect(headers).not.toContain('latchkey')
    }
  })

  it.for([true, false])(
    'Escape keeps the dialog for a new sign-in open and its password focused, with closedby: %s',
    async (hasClosedBy, { harness }) => {
      const site = await harness.closeAtEnd(startLoginPageOnClass(loginPage))
      const tab = await harness.openTab(site.url)
      await signIn(tab, cathy)
      await expectText(tab, itemCount)
      await fill(tab, 'input[type=search]', 'dialog')
      site.sandbox.revokeAll()
      await advanceTime(tab, site, 860)
      await expectText(tab, 'Your session has ended.')
      if (!hasClosedBy)
        await tab.evaluate(() =>
          document.querySelector<HTMLDialogElement>('.latchkey-sign-in-dialog')?.removeAttribute('closedby'),
        )
      await fill(tab, `dialog ${password}`, cathy.password.slice(0, 4))
      for (let count = 0; count < 4; count++) await press(tab, 'Escape')
      await type(tab, cathy.password.slice(4))
      await expect.poll(() => readValue(tab, `dialog ${password}`)).toBe(cathy.password)
      expect(
        await tab.evaluate(() => document.querySelector<HTMLDialogElement>('.latchkey-sign-in-dialog')?.open),
      ).toBe(true)
    },
  )
})

/** Records the text that is visible from the moment when the page is shown again from the back-forward cache. */
async function recordVisibleText(tab: Tab): Promise<void> {
  await tab.evaluate(() => {
    const seen = { text: '' }
    Object.assign(window, { seen })
    const record = (): void => {
      seen.text += document.body.innerText
      requestAnimationFrame(record)
    }
    addEventListener('pageshow', () => {
      seen.text = ''
      record()
    })
  })
}

/** Goes back to the login page, which shows the form and never showed anything of Cathy. Says where it came from. */
async function goBackToForm(tab: Tab): Promise<string> {
  await tab.goBack()
  await expectSignInForm(tab)
  expect(await readHtml(tab)).not.toContain(cathy.email)
  const seen = await tab.evaluate(() => (window as unknown as { seen?: { text: string } }).seen)
  expect(seen?.text ?? '').not.toContain(cathy.email)
  return seen ? 'restored from the back-forward cache' : 'loaded again'
}

/** The cookies without that of the device, which stays after a sign-out. */
async function readSessionCookies(tab: Tab): Promise<Cookie[]> {
  return (await tab.readCookies()).filter(({ name }) => name !== 'latchkey.device')
}

/** Makes a page use all six connections that browsers open to a server, so that its next request waits. */
async function occupyConnections(site: TestSite, tab: Tab): Promise<void> {
  site.sandbox.faults.add({ kind: 'hang', on: 'resource', times: 6 })
  await tab.evaluate(() => {
    for (let count = 0; count < 6; count++) fetch(`/api/axosoft/items?${count}`).catch(() => {})
  })
  await site.sandbox.faults.whenHanging(6)
}

/** Advances the clocks of a page and its BFF, and tells the page that its window has the focus again. */
async function advanceTime(tab: Tab, site: TestSite, seconds: number): Promise<void> {
  site.advanceClock(seconds)
  await tab.evaluate((ms) => {
    for (const clock of [performance, Date]) {
      const now = clock.now.bind(clock)
      clock.now = () => now() + ms
    }
    dispatchEvent(new Event('focus'))
  }, seconds * 1000)
}
