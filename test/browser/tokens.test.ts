import { cathy, noor } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import type { SiteFiles } from './pages.ts'
import { buildSmallPage } from './pages.ts'
import type { TestSite } from './test-pages.ts'
import { startSmallPageOnClass } from './test-pages.ts'
import type { Harness } from './chromium-test.ts'
import { it } from './chromium-test.ts'
import { advanceTime, expectGreeting, openTab, recordRequests, signIn } from './page-actions.ts'

let files: SiteFiles
beforeAll(async () => {
  files = await buildSmallPage()
})

async function openSignedIn(
  harness: Harness,
  ...options: Parameters<typeof startSmallPageOnClass> extends [SiteFiles, ...infer Rest] ? Rest : never
): Promise<{ site: TestSite; page: Page }> {
  const site = await harness.closeAtEnd(startSmallPageOnClass(files, ...options))
  const page = await harness.openPage(site.url, { hasTestClock: true })
  await signIn(page, cathy)
  await expectGreeting(page, cathy.username)
  await waitUntilLoaded(page)
  return { site, page }
}

function waitUntilLoaded(page: Page): Promise<void> {
  return page.getByText('Acacia Family Superannuation Fund').waitFor()
}

describe('a token of 899 seconds', () => {
  it('is refreshed once before it expires, and only the component that shows it renders again', async ({
    harness,
  }) => {
    const { site, page } = await openSignedIn(harness)
    const before = await countRenders(page)
    const token = page.getByTestId('token')
    const firstToken = String(await token.textContent())
    const requests = recordRequests(page)
    await advanceTime(page, site, 860)
    await token.filter({ hasNotText: firstToken }).waitFor()
    expect(await token.textContent()).not.toBe('')
    expect(await countRenders(page)).toEqual({ ...before, token: before.token + 1 })
    expect(requests).toEqual(['POST /auth/token'])
    expect(await fetchItems(page, 1)).toEqual([200])
  })

  it('ends the session when it expires without a refresh token', async ({ harness }) => {
    const { site, page } = await openSignedIn(harness, { refreshTokens: false })
    await advanceTime(page, site, 900)
    await page.getByText('Your session has ended.').waitFor()
  })
})

describe('a token that the API rejects', () => {
  it('is replaced once for two hundred requests, which all succeed', async ({ harness }) => {
    const { site, page } = await openSignedIn(harness)
    rejectTokens(site)
    const requestCount = site.requests.length
    const statuses = fetchItems(page, 200)
    await site.sandbox.faults.whenHanging()
    await expect.poll(() => countRequests(site, 'GET /api/items', requestCount)).toBe(200)
    site.sandbox.faults.release()
    expect(new Set(await statuses)).toEqual(new Set([200]))
    expect(countRequests(site, 'POST /auth/token', requestCount)).toBe(1)
    expect(site.sandbox.requests.count({ kind: 'token', grant: 'refresh_token' })).toBe(1)
  })

  it('is replaced once for eight tabs', async ({ harness }) => {
    const { site, page } = await openSignedIn(harness)
    const tabs = [page, ...(await Promise.all(Array.from({ length: 7 }, () => openTab(page))))]
    await Promise.all(tabs.map(waitUntilLoaded))
    rejectTokens(site)
    const statuses = Promise.all(tabs.map((tab) => fetchItems(tab, 5)))
    // Chromium opens at most six connections to a server. The other tabs send their requests afterwards.
    await expect.poll(() => countRequests(site, 'POST /auth/token')).toBe(6)
    site.sandbox.faults.release()
    expect((await statuses).flat()).toEqual(Array.from({ length: 40 }, () => 200))
    expect(site.sandbox.requests.count({ kind: 'token', grant: 'refresh_token' })).toBe(1)
    const tokens = await Promise.all(tabs.map((tab) => tab.getByTestId('token').textContent()))
    expect(new Set(tokens).size).toBe(1)
  })
})

describe('another origin', () => {
  it('receives no token, neither directly nor when the API redirects to it', async ({ harness }) => {
    const received: { path: string; headers: string }[] = []
    const otherServer = await harness.closeAtEnd(
      startHttpServer((request, response) => {
        received.push({ path: String(request.url), headers: JSON.stringify(request.headers) })
        response.setHeader('Access-Control-Allow-Origin', '*')
        response.setHeader('Access-Control-Allow-Headers', '*, Authorization')
        response.end('{}')
      }),
    )
    const { page } = await openSignedIn(
      harness,
      {},
      { connectTo: otherServer.url, redirectTo: `${otherServer.url}/redirected` },
    )
    const token = String(await page.getByTestId('token').textContent())
    const responses = await page.evaluate(async (url) => {
      const urls = ['/api/elsewhere', `${url}/absolute`, url.replace('http:', '') + '/no-scheme']
      const fetched = await Promise.all(urls.map((target) => window.auth.fetch(target)))
      return fetched.map(({ status, redirected }) => ({ status, redirected }))
    }, otherServer.url)
    expect(responses).toEqual([
      { status: 200, redirected: true },
      { status: 200, redirected: false },
      { status: 200, redirected: false },
    ])
    expect(received.map(({ path }) => path).toSorted()).toEqual(['/absolute', '/no-scheme', '/redirected'])
    for (const { headers } of received) {
      expect(headers.toLowerCase()).not.toContain('authorization')
      expect(headers).not.toContain(token)
      expect(headers.toLowerCase()).not.toContain('x-latchkey')
    }
  })
})

describe('another tab', () => {
  it('shows the new user when another user signs in, and keeps nothing of the old one', async ({
    harness,
  }) => {
    const { page } = await openSignedIn(harness)
    const tab = await openTab(page)
    await expectGreeting(tab, cathy.username)
    await tab.getByTestId('user').evaluate((element) => element.setAttribute('data-rendered-for', 'cathy'))
    await page.evaluate(
      ({ username, password }) => window.auth.signIn({ username, password }).then(() => {}),
      noor,
    )
    await expectGreeting(page, noor.username)
    await expectGreeting(tab, noor.username)
    await waitUntilLoaded(tab)
    expect(await tab.locator('[data-rendered-for]').count()).toBe(0)
    expect(await tab.content()).not.toContain(cathy.username)
  })
})

/** Makes the API reject all tokens issued so far, and the first refresh hang. */
function rejectTokens({ sandbox, advanceClock }: TestSite): void {
  // The BFF does not refresh a token that it got a few seconds ago.
  advanceClock(60)
  sandbox.expireAccessTokens()
  sandbox.faults.add({ kind: 'hang' })
}

/** Counts equal requests that arrived, from the index `start` on. */
function countRequests({ requests }: TestSite, line: string, start = 0): number {
  return requests.slice(start).filter((request) => request === line).length
}

/** Counts the renders of each part of the page. */
async function countRenders(page: Page): Promise<Record<'user' | 'token' | 'items', number>> {
  const count = async (part: string): Promise<number> =>
    Number(await page.getByTestId(part).getAttribute('data-renders'))
  return { user: await count('user'), token: await count('token'), items: await count('items') }
}

/** Sends requests to the API, all at once, and returns the response statuses. */
function fetchItems(page: Page, count: number): Promise<number[]> {
  return page.evaluate(
    (length) =>
      Promise.all(Array.from({ length }, async () => (await window.auth.fetch('/api/items')).status)),
    count,
  )
}
