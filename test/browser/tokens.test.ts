import { cathy, noor } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import type { Files } from './pages.ts'
import { buildSmallPage } from './pages.ts'
import type { Scene } from './test-pages.ts'
import { smallPageOnClass } from './test-pages.ts'
import type { Stage } from './chromium-test.ts'
import { it } from './chromium-test.ts'
import { expectGreeting, openTab, requestsOf, shortLife, signIn } from './page-actions.ts'

let files: Files
beforeAll(async () => {
  files = await buildSmallPage()
})

async function signedIn(
  stage: Stage,
  ...options: Parameters<typeof smallPageOnClass> extends [Files, ...infer Rest] ? Rest : never
): Promise<{ site: Scene; page: Page }> {
  const site = await stage.open(smallPageOnClass(files, ...options))
  const page = await stage.visit(site.url)
  await signIn(page, cathy)
  await expectGreeting(page, cathy.username)
  await loaded(page)
  return { site, page }
}

function loaded(page: Page): Promise<void> {
  return page.getByText('Acacia Family Superannuation Fund').waitFor()
}

// They wait for tokens to grow old, which they can do side by side.
describe.concurrent('a token that grows old', () => {
  it('is followed by another, and only what shows it is rendered', async ({ stage }) => {
    const { page } = await signedIn(stage, { accessTokenLifetime: shortLife })
    const before = await renders(page)
    const token = page.getByTestId('token')
    const first = String(await token.textContent())
    const requests = requestsOf(page)
    await token.filter({ hasNotText: first }).waitFor({ timeout: 20_000 })
    expect(await token.textContent()).not.toBe('')
    expect(await renders(page)).toEqual({ ...before, token: before.token + 1 })
    expect(requests).toEqual(['POST /auth/token'])
    expect(await statusesOf(page, 1)).toEqual([200])
  })

  it('ends the session when there is no other, without anybody asking', async ({ stage }) => {
    const { page } = await signedIn(stage, { accessTokenLifetime: 3, refreshTokens: false })
    await page.getByText('Your session has ended.').waitFor({ timeout: 20_000 })
  })
})

describe('a token that the API no longer takes', () => {
  it('is replaced once for two hundred requests, and none of them fails', async ({ stage }) => {
    const { site, page } = await signedIn(stage)
    rejectTokens(site)
    const before = site.requests.length
    const answers = statusesOf(page, 200)
    await site.sandbox.faults.whenHanging()
    await expect.poll(() => arrived(site, 'GET /api/items', before), { timeout: 10_000 }).toBe(200)
    site.sandbox.faults.release()
    expect(new Set(await answers)).toEqual(new Set([200]))
    expect(arrived(site, 'POST /auth/token', before)).toBe(1)
    expect(site.sandbox.requests.count({ kind: 'token', grant: 'refresh_token' })).toBe(1)
  })

  it('is replaced once for eight tabs', async ({ stage }) => {
    const { site, page } = await signedIn(stage)
    const tabs = [page, ...(await Promise.all(Array.from({ length: 7 }, () => openTab(page))))]
    await Promise.all(tabs.map(loaded))
    rejectTokens(site)
    const answers = Promise.all(tabs.map((tab) => statusesOf(tab, 5)))
    // All the connections that Chromium opens to one server; the other tabs ask when one is free.
    await expect.poll(() => arrived(site, 'POST /auth/token'), { timeout: 10_000 }).toBe(6)
    site.sandbox.faults.release()
    expect((await answers).flat()).toEqual(Array.from({ length: 40 }, () => 200))
    expect(site.sandbox.requests.count({ kind: 'token', grant: 'refresh_token' })).toBe(1)
    const tokens = await Promise.all(tabs.map((tab) => tab.getByTestId('token').textContent()))
    expect(new Set(tokens).size).toBe(1)
  })
})

describe('another origin', () => {
  it('gets no token, neither when it is asked nor when the API sends the page there', async ({ stage }) => {
    const seen: { path: string; headers: string }[] = []
    const other = await stage.open(
      startHttpServer((request, response) => {
        seen.push({ path: String(request.url), headers: JSON.stringify(request.headers) })
        response.setHeader('Access-Control-Allow-Origin', '*')
        response.setHeader('Access-Control-Allow-Headers', '*, Authorization')
        response.end('{}')
      }),
    )
    const { page } = await signedIn(
      stage,
      {},
      { connectTo: other.url, redirectTo: `${other.url}/redirected` },
    )
    const token = String(await page.getByTestId('token').textContent())
    const answers = await page.evaluate(async (url) => {
      const asks = ['/api/elsewhere', `${url}/absolute`, url.replace('http:', '') + '/no-scheme']
      const responses = await Promise.all(asks.map((ask) => window.auth.fetch(ask)))
      return responses.map(({ status, redirected }) => ({ status, redirected }))
    }, other.url)
    expect(answers).toEqual([
      { status: 200, redirected: true },
      { status: 200, redirected: false },
      { status: 200, redirected: false },
    ])
    expect(seen.map(({ path }) => path).toSorted()).toEqual(['/absolute', '/no-scheme', '/redirected'])
    for (const { headers } of seen) {
      expect(headers.toLowerCase()).not.toContain('authorization')
      expect(headers).not.toContain(token)
      expect(headers.toLowerCase()).not.toContain('x-latchkey')
    }
  })
})

describe('another tab', () => {
  it('goes over to who signs in while it shows somebody else', async ({ stage }) => {
    const { page } = await signedIn(stage)
    const tab = await openTab(page)
    await expectGreeting(tab, cathy.username)
    await tab.getByTestId('user').evaluate((element) => element.setAttribute('data-left-by', 'cathy'))
    await page.evaluate(
      ({ username, password }) => window.auth.signIn({ username, password }).then(() => {}),
      noor,
    )
    await expectGreeting(page, noor.username)
    await expectGreeting(tab, noor.username)
    await loaded(tab)
    expect(await tab.locator('[data-left-by]').count()).toBe(0)
    expect(await tab.content()).not.toContain(cathy.username)
  })
})

/** From now on the API refuses the tokens that are out, and the first answer to a refresh waits. */
function rejectTokens({ sandbox, pass }: Scene): void {
  // Else they were too young to be replaced.
  pass(60)
  sandbox.expireAccessTokens()
  sandbox.faults.add({ kind: 'hang' })
}

/** How many such requests have arrived, after so many others. */
function arrived({ requests }: Scene, line: string, from = 0): number {
  return requests.slice(from).filter((each) => each === line).length
}

/** How often each part of the page was rendered. */
async function renders(page: Page): Promise<Record<'user' | 'token' | 'items', number>> {
  const count = async (part: string): Promise<number> =>
    Number(await page.getByTestId(part).getAttribute('data-renders'))
  return { user: await count('user'), token: await count('token'), items: await count('items') }
}

/** How the API answers so many requests that a page sends at once. */
function statusesOf(page: Page, count: number): Promise<number[]> {
  return page.evaluate(
    (length) =>
      Promise.all(Array.from({ length }, async () => (await window.auth.fetch('/api/items')).status)),
    count,
  )
}
