import type { Bff } from '@latchkey/bff'
import type { RunningSandbox } from '@latchkey/sandbox'
import { campaigns, cathy, directory, fundSummaries, noor, startSandbox, workItems } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { sandboxVariables } from '../../examples/login-page/vite-sandbox.ts'
import type { FrontServer } from './front-server.ts'
import { faintWords, overflow } from './legibility.ts'
import type { Files } from './pages.ts'
import { buildLoginPage } from './pages.ts'
import { loginPageOnAll } from './test-pages.ts'
import type { Stage } from './chromium-test.ts'
import { it } from './chromium-test.ts'
import type { SystemId } from './page-actions.ts'
import {
  chooseSystem,
  openSystem,
  expectGreeting,
  expectList,
  openTab,
  requestsOf,
  signIn,
  signOut,
  systems,
} from './page-actions.ts'

let files: Files
let sandbox: RunningSandbox
/** As the example makes them. */
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

const open = (stage: Stage): Promise<FrontServer> => stage.open(loginPageOnAll(files, bffs))

const everySystem = Object.keys(systems) as SystemId[]
const names = { axosoft: workItems, 'bright-pattern': directory, class: fundSummaries, classy: campaigns }

describe.for(everySystem)('%s', (system) => {
  it('is signed in to, lists what it has, and is signed out of', async ({ stage }) => {
    const site = await open(stage)
    const page = await stage.visit(`${site.url}/?system=${system}`)
    await openSystem(page, system)
    expect(await page.getByRole('row').count()).toBe(names[system].length + 1)
    await signOut(page)
    await page.getByText('You have signed out.').waitFor()
    await page.getByRole('heading', { name: `Sign in to ${systems[system].label}` }).waitFor()
    await expect.poll(() => page.context().cookies()).toEqual([])
  })
})

describe.for([
  ['axosoft', 'The login ID or password is not right.'],
  ['bright-pattern', 'The login ID or API secret is not right.'],
  ['class', 'The username or password is not right.'],
] as const)('the form for %s', ([system, wrong]) => {
  it('calls its fields as the system does, tells password managers, and says what was wrong', async ({
    stage,
  }) => {
    const page = await stage.visit(`${(await open(stage)).url}/?system=${system}`)
    const [username, password] = systems[system].fields
    await signIn(page, { username: cathy.username, password: 'wrong' }, [username, password])
    await page.getByRole('alert').filter({ hasText: wrong }).waitFor()
    expect(await page.getByLabel(username).getAttribute('autocomplete')).toBe('username')
    const secret = page.getByRole('textbox', { name: password })
    expect(await secret.getAttribute('autocomplete')).toBe('current-password')
    expect(await secret.inputValue()).toBe('')
  })
})

describe('the switch', () => {
  it('leaves each session to itself', async ({ stage }) => {
    const page = await stage.visit((await open(stage)).url)
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
    const cookies = await page.context().cookies()
    expect(cookies.map(({ name }) => name)).toEqual(['latchkey-auth-class'])
  })

  it('is kept by a reload and a link, and undone by the back button', async ({ stage }) => {
    const { url } = await open(stage)
    const page = await stage.visit(`${url}/?system=nobody-knows-it`)
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

  it('keeps the focus, and asks only the BFF of the system that is shown', async ({ stage }) => {
    const page = await stage.visit((await open(stage)).url)
    await page.getByRole('heading', { name: 'Sign in to Axosoft' }).waitFor()
    const requests = requestsOf(page)
    await page.getByLabel('System').focus()
    await page.keyboard.type('Cl')
    await page.getByRole('heading', { name: 'Sign in to Class' }).waitFor()
    const isFocused = () =>
      page.getByLabel('System').evaluate((element) => element === document.activeElement)
    expect(await isFocused()).toBe(true)
    expect(requests).toEqual(['GET /auth/class/session'])
  })

  it('hides no sign-out: one in another tab counts here while another system is shown', async ({ stage }) => {
    const page = await stage.visit((await open(stage)).url)
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

  it('is remembered by the way back from the help', async ({ stage }) => {
    const page = await stage.visit(`${(await open(stage)).url}/?system=classy`)
    await expectList(page, 'classy')
    await page.getByRole('link', { name: 'Help' }).click()
    await page.getByRole('link', { name: 'Back to the page' }).click()
    await expectList(page, 'classy')
  })
})

describe('Classy, where nobody types anything', () => {
  it('gives the browser neither a token nor a cookie', async ({ stage }) => {
    const site = await open(stage)
    const page = await stage.visit(site.url)
    await page.getByRole('heading', { name: 'Sign in to Axosoft' }).waitFor()
    const answers: Promise<string>[] = []
    page.on('response', (response) => void answers.push(response.text().catch(() => '')))
    await chooseSystem(page, 'classy')
    await expectList(page, 'classy')
    await page.getByText('Stays on the server; the page does not need it').waitFor()
    const told = (await Promise.all(answers)).join('\n')
    expect(told).toContain('Developer')
    expect(told).not.toContain('access_token')
    expect(await page.context().cookies()).toEqual([])
  })

  it('says so to who is not let in', async ({ stage }) => {
    const { url } = await open(stage)
    // The same machine, under a name that the example does not take for it.
    const page = await stage.visit(`${url.replace('127.0.0.1', 'elsewhere.localhost')}/?system=classy`)
    await page.getByText('Classy needs no password: this site admits users whom it already knows.').waitFor()
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').filter({ hasText: "You don't have access." }).waitFor()
  })
})

describe.for(['light', 'dark'] as const)('on a small phone, %s', (colorScheme) => {
  it('every word of every system can be read, and nothing lies beside the window', async ({ stage }) => {
    const viewport = { width: 320, height: 640 }
    const page = await stage.visit((await open(stage)).url, { viewport, colorScheme })
    for (const system of everySystem) {
      await chooseSystem(page, system)
      const { fields, label } = systems[system]
      if (fields) {
        await signIn(page, { username: cathy.username, password: 'wrong' }, fields)
        await page.getByText('is not right.').waitFor()
        await isLegible(page)
      }
      await openSystem(page, system)
      await isLegible(page)
      if (fields) continue
      await signOut(page)
      await page.getByRole('heading', { name: `Sign in to ${label}` }).waitFor()
      await isLegible(page)
    }
  })
})

async function isLegible(page: Page): Promise<void> {
  expect(await overflow(page)).toBe(0)
  expect(await faintWords(page.locator('body'))).toEqual([])
}
