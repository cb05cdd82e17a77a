import type { Bff } from '@latchkey/bff'
import type { RunningSandbox } from '@latchkey/sandbox'
import { campaigns, cathy, directory, fundSummaries, noor, startSandbox, workItems } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { sandboxVariables } from '../../examples/login-page/vite-sandbox.ts'
import type { FrontServer } from './front-server.ts'
import { findLowContrastText, measureOverflow } from './legibility.ts'
import type { SiteFiles } from './pages.ts'
import { buildLoginPage } from './pages.ts'
import { startLoginPageOnAllSystems } from './test-pages.ts'
import type { Harness } from './chromium-test.ts'
import { it } from './chromium-test.ts'
import type { SystemId } from './page-actions.ts'
import {
  chooseSystem,
  openSystem,
  expectGreeting,
  expectList,
  listSessionCookies,
  openTab,
  recordRequests,
  signIn,
  signOut,
  systems,
} from './page-actions.ts'

let files: SiteFiles
let sandbox: RunningSandbox
/** The BFFs of the example. */
let bffs: readonly Bff[]

beforeAll(async () => {
  files = await buildLoginPage()
  sandbox = await startSandbox()
  for (const [name, value] of Object.entries(sandboxVariables(sandbox.url))) vi.stubEnv(name, value)
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  bffs = (await import('../../examples/login-page/server/auth.ts')).default
})

afterAll(async () => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  await sandbox.close()
})

const openSite = (harness: Harness): Promise<FrontServer> =>
  harness.closeAtEnd(startLoginPageOnAllSystems(files, bffs))

const systemIds = Object.keys(systems) as SystemId[]
const itemsBySystem = {
  axosoft: workItems,
  'bright-pattern': directory,
  class: fundSummaries,
  classy: campaigns,
}

describe.for(systemIds)('%s', (system) => {
  it('signs in, lists its items and signs out', async ({ harness }) => {
    const site = await openSite(harness)
    const page = await harness.openPage(`${site.url}/?system=${system}`)
    await openSystem(page, system)
    expect(await page.getByRole('row').count()).toBe(itemsBySystem[system].length + 1)
    await signOut(page)
    await page.getByText('You have signed out.').waitFor()
    await page.getByRole('heading', { name: `Sign in to ${systems[system].label}` }).waitFor()
    await expect.poll(() => listSessionCookies(page)).toEqual([])
  })
})

describe.for([
  ['axosoft', 'The login ID or password is not right.'],
  ['bright-pattern', 'The login ID or API secret is not right.'],
  ['class', 'The username or password is not right.'],
] as const)('the form for %s', ([system, wrong]) => {
  it('labels its fields as the system does, marks them for password managers, and shows the error', async ({
    harness,
  }) => {
    const page = await harness.openPage(`${(await openSite(harness)).url}/?system=${system}`)
    const [username, password] = systems[system].fields
    await signIn(page, { username: cathy.username, password: 'wrong' }, [username, password])
    await page.getByRole('alert').filter({ hasText: wrong }).waitFor()
    expect(await page.getByLabel(username).getAttribute('autocomplete')).toBe('username')
    const secret = page.getByRole('textbox', { name: password })
    expect(await secret.getAttribute('autocomplete')).toBe('current-password')
    expect(await secret.inputValue()).toBe('')
  })
})

describe('the system switch', () => {
  it('keeps a separate session for each system', async ({ harness }) => {
    const page = await harness.openPage((await openSite(harness)).url)
    await openSystem(page, 'axosoft')
    await chooseSystem(page, 'class')
    await signIn(page, noor)
    await expectGreeting(page, 'Noor')
    expect(await page.content()).not.toContain(cathy.email)

    await chooseSystem(page, 'axosoft')
    await expectList(page, 'axosoft')
    await signOut(page)
    await page.getByText('You have signed out.').waitFor()

    await chooseSystem(page, 'class')
    await expectGreeting(page, 'Noor')
    await page.reload()
    await expectGreeting(page, 'Noor')
    await expect.poll(() => listSessionCookies(page)).toEqual(['latchkey-auth-class'])
  })

  it('survives a reload and works as a link, and the back button undoes it', async ({ harness }) => {
    const { url } = await openSite(harness)
    const page = await harness.openPage(`${url}/?system=unknown`)
    await page.getByRole('heading', { name: 'Sign in to Axosoft' }).waitFor()
    await chooseSystem(page, 'class')
    await page.getByRole('heading', { name: 'Sign in to Class' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in to Class' }).waitFor()
    const tab = await openTab(page, page.url())
    await tab.getByRole('heading', { name: 'Sign in to Class' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Sign in to Axosoft' }).waitFor()
    expect(await page.getByLabel('System').inputValue()).toBe('axosoft')
  })

  it('keeps the focus, and sends requests only to the BFF of the selected system', async ({ harness }) => {
    const page = await harness.openPage((await openSite(harness)).url)
    await page.getByRole('heading', { name: 'Sign in to Axosoft' }).waitFor()
    const requests = recordRequests(page)
    await page.getByLabel('System').focus()
    await page.keyboard.type('Cl')
    await page.getByRole('heading', { name: 'Sign in to Class' }).waitFor()
    const isFocused = () =>
      page.getByLabel('System').evaluate((element) => element === document.activeElement)
    expect(await isFocused()).toBe(true)
    expect(requests).toEqual(['GET /auth/class/session'])
  })

  it('applies a sign-out in another tab while another system is selected', async ({ harness }) => {
    const page = await harness.openPage((await openSite(harness)).url)
    await openSystem(page, 'axosoft')
    const tab = await openTab(page)
    await expectList(tab, 'axosoft')
    await chooseSystem(page, 'class')
    await page.getByRole('heading', { name: 'Sign in to Class' }).waitFor()
    await signOut(tab)
    await tab.getByText('You have signed out.').waitFor()
    await chooseSystem(page, 'axosoft')
    await page.getByText('You have signed out in another tab.').waitFor()
    expect(await page.content()).not.toContain(cathy.email)
  })

  it('is kept when the user returns from the help page', async ({ harness }) => {
    const page = await harness.openPage(`${(await openSite(harness)).url}/?system=classy`)
    await expectList(page, 'classy')
    await page.getByRole('link', { name: 'Help' }).click()
    await page.getByRole('link', { name: 'Back to the page' }).click()
    await expectList(page, 'classy')
  })
})

describe('Classy, which needs no credentials', () => {
  it('sends the browser neither a token nor a cookie', async ({ harness }) => {
    const site = await openSite(harness)
    const page = await harness.openPage(site.url)
    await page.getByRole('heading', { name: 'Sign in to Axosoft' }).waitFor()
    const responses: Promise<string>[] = []
    page.on('response', (response) => void responses.push(response.text().catch(() => '')))
    await chooseSystem(page, 'classy')
    await expectList(page, 'classy')
    await page.getByText('Stays on the server; the page does not need it').waitFor()
    const bodies = (await Promise.all(responses)).join('\n')
    expect(bodies).toContain('Developer')
    expect(bodies).not.toContain('access_token')
    expect(await page.context().cookies()).toEqual([])
  })

  it('shows an error to a caller that `authorize` rejects', async ({ harness }) => {
    const { url } = await openSite(harness)
    // The example allows 127.0.0.1 and localhost, but not this name of the same machine.
    const page = await harness.openPage(`${url.replace('127.0.0.1', 'elsewhere.localhost')}/?system=classy`)
    await page.getByText('Classy needs no password: this site admits users whom it already knows.').waitFor()
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').filter({ hasText: 'This account has no access.' }).waitFor()
  })
})

describe.for(['light', 'dark'] as const)('on a small phone, %s', (colorScheme) => {
  it('all text of every system is legible, and the page is not wider than the window', async ({
    harness,
  }) => {
    const viewport = { width: 320, height: 640 }
    const page = await harness.openPage((await openSite(harness)).url, { viewport, colorScheme })
    for (const system of systemIds) {
      await chooseSystem(page, system)
      const { fields, label } = systems[system]
      if (fields) {
        await signIn(page, { username: cathy.username, password: 'wrong' }, fields)
        await page.getByText('is not right.').waitFor()
        await expectLegible(page)
      }
      await openSystem(page, system)
      await expectLegible(page)
      if (fields) continue
      await signOut(page)
      await page.getByRole('heading', { name: `Sign in to ${label}` }).waitFor()
      await expectLegible(page)
    }
  })
})

async function expectLegible(page: Page): Promise<void> {
  await expect.poll(() => measureOverflow(page)).toBe(0)
  await expect.poll(() => findLowContrastText(page.locator('body'))).toEqual([])
}
