import { createBff } from '@latchkey/bff'
import { brightPattern } from '@latchkey/bff/providers'
import { cathy, demoTenant, startSandbox } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { findAxeViolations, readAccessibilityTree } from './accessibility.ts'
import { it } from './chromium-test.ts'
import type { FrontServer } from './front-server.ts'
import { startFrontServer } from './front-server.ts'
import { findLowContrastText, measureOverflow } from './legibility.ts'
import { advanceTime } from './page-actions.ts'
import type { SiteFiles } from './pages.ts'
import { buildUiPage } from './pages.ts'
import { startLoginPageWithCode, validCode } from './second-factor-page.ts'
import { basePath } from './test-pages.ts'

/** Seconds without use after which a session ends. */
const idle = 300

let files: SiteFiles
beforeAll(async () => {
  files = await buildUiPage()
})

describe('the sign-in form, with the keyboard alone', () => {
  it('gives screen readers the fields of the provider and one summary, and signs in', async ({ harness }) => {
    const site = await harness.closeAtEnd(startSite())
    const page = await harness.openPage(site.url)
    const { keyboard } = page
    await page.getByLabel('Login ID').waitFor()
    expect(await readAccessibilityTree(page)).toEqual([
      'main',
      'heading Portal',
      'form',
      'alert',
      'textbox Login ID required',
      'textbox API secret required',
      'button Show API secret',
      'link Forgot your password?',
      'checkbox Keep me signed in on this device',
      'button Sign in',
      'status',
    ])

    await keyboard.press('Tab')
    // An empty form first asks the browser for a saved password, of which this profile has none.
    await keyboard.press('Enter')
    await page.getByText('Enter your login ID. Enter your API secret.').waitFor()
    await expectFocus(page, 'alert')

    await keyboard.press('Tab')
    await keyboard.type(cathy.username)
    await keyboard.press('Tab')
    await keyboard.type('wrong')
    await keyboard.press('Tab')
    await keyboard.press('Space')
    await page.getByRole('button', { name: 'Hide API secret' }).waitFor()
    await keyboard.press('Shift+Tab')
    await keyboard.press('Enter')
    await page.getByText('The login ID or API secret is not right.').waitFor()
    await expectFocus(page, 'alert')
    expect(await page.title()).toBe('Error: Portal')
    expect(await readAccessibilityTree(page)).toEqual([
      'main',
      'heading Portal',
      'form',
      'alert focused',
      'textbox Login ID (The login ID or API secret is not right.) invalid required',
      'textbox API secret (The login ID or API secret is not right.) invalid required',
      'button Show API secret',
      'link Forgot your password?',
      'checkbox Keep me signed in on this device',
      'button Sign in',
      'status',
    ])
    expect(await findAxeViolations(page)).toEqual([])

    await keyboard.press('Tab')
    await keyboard.press('Tab')
    await keyboard.type(cathy.apiSecret)
    await keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Hello' }).waitFor()
    expect(await page.title()).toBe('Portal')
    expect(site.violations).toEqual([])

    await page.getByRole('button', { name: 'Sign out' }).focus()
    await keyboard.press('Enter')
    await page.getByText('You have signed out.').waitFor()
    await expect.poll(() => readFocus(page)).toBe('paragraph You have signed out.')
  })

  it('moves to the second step and signs in with a code', async ({ harness }) => {
    const site = await harness.closeAtEnd(startLoginPageWithCode(files))
    const page = await harness.openPage(site.url)
    await submit(page, 'Username', 'Password', cathy.password)
    await page.getByLabel('One-time code').waitFor()
    await expectFocus(page, 'textbox One-time code')
    expect(await readAccessibilityTree(page)).toEqual([
      'main',
      'heading Portal',
      'form',
      'alert',
      'paragraph',
      'textbox One-time code focused required',
      'button Sign in',
      'status',
      'button Start again',
    ])
    expect(await findAxeViolations(page)).toEqual([])
    await page.keyboard.type('000000')
    await page.keyboard.press('Enter')
    await page.getByText('That code is not right.').waitFor()
    await expectFocus(page, 'textbox One-time code')
    await page.keyboard.type(validCode)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Hello' }).waitFor()
  })
})

describe('the dialogs, with the keyboard alone', () => {
  it('extend the session before it ends, and continue it afterwards', async ({ harness }) => {
    const site = await harness.closeAtEnd(startSite())
    const page = await harness.openPage(site.url, { hasTestClock: true })
    await submit(page, 'Login ID', 'API secret', cathy.apiSecret)
    await page.getByLabel('Note').fill('half a sentence')

    const timeout = page.getByRole('alertdialog', { name: 'Are you still there?' })
    await advanceTime(page, site, idle - 100)
    await timeout.waitFor()
    expect(await readAccessibilityTree(page)).toEqual([
      'alertdialog Are you still there? (You will be signed out in 2 minutes.) modal',
      'heading Are you still there?',
      'status',
      'timer',
      'alert',
      'button Stay signed in focused',
      'button Sign out',
    ])
    expect(await findAxeViolations(page)).toEqual([])
    await page.keyboard.press('Space')
    await timeout.waitFor({ state: 'hidden' })
    await expectFocus(page, 'textbox Note')

    await advanceTime(page, site, idle - 100)
    await timeout.waitFor()
    await advanceTime(page, site, 100)
    const again = page.getByRole('dialog', { name: 'Sign in again' })
    await again.waitFor()
    await expectFocus(page, 'textbox API secret')
    expect(await readAccessibilityTree(page)).toEqual([
      'dialog Sign in again (Your session has ended because the page was not used. Sign in to continue where you were.) modal',
      'heading Sign in again',
      'paragraph',
      'form',
      'alert',
      'textbox Login ID required',
      'textbox API secret focused required',
      'button Show API secret',
      'button Sign in',
      'status',
      'button Sign in as another user',
    ])
    expect(await findAxeViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await expectFocus(page, 'textbox API secret')
    await page.keyboard.type(cathy.apiSecret)
    await page.keyboard.press('Enter')
    await again.waitFor({ state: 'detached' })
    expect(await page.getByLabel('Note').inputValue()).toBe('half a sentence')
    await expectFocus(page, 'textbox Note')
  })
})

describe.for([
  ['light', 'none'],
  ['dark', 'none'],
  ['dark', 'active'],
] as const)('ui.css on a small screen, %s, forced colours: %s', ([colorScheme, forcedColors]) => {
  it('is legible and not wider than the window', async ({ harness }) => {
    const site = await harness.closeAtEnd(startSite())
    const viewport = { width: 320, height: 640 }
    const page = await harness.openPage(site.url, { viewport, colorScheme, forcedColors, hasTestClock: true })
    const expectLegible = async (): Promise<void> => {
      await expect.poll(() => measureOverflow(page)).toBe(0)
      await expect.poll(() => findLowContrastText(page.locator('body'))).toEqual([])
      await expect.poll(() => findAxeViolations(page)).toEqual([])
    }
    await submit(page, 'Login ID', 'API secret', 'wrong')
    await page.getByText('The login ID or API secret is not right.').waitFor()
    await expectLegible()
    await submit(page, 'Login ID', 'API secret', cathy.apiSecret)
    await page.getByRole('heading', { name: 'Hello' }).waitFor()
    await advanceTime(page, site, idle - 100)
    await page.getByRole('alertdialog').waitFor()
    await expectLegible()
  })
})

async function submit(page: Page, username: string, password: string, value: string): Promise<void> {
  await page.getByLabel(username).fill(cathy.username)
  await page.getByRole('textbox', { name: password }).fill(value)
  await page.keyboard.press('Enter')
}

/** Waits until the element with this role and name has the focus. */
function expectFocus(page: Page, element: string): Promise<void> {
  return expect.poll(() => readFocus(page)).toBe(element)
}

/** Returns role and name of the focused element, as the accessibility tree has them. */
async function readFocus(page: Page): Promise<string> {
  const focused = (await readAccessibilityTree(page)).find((line) => /\bfocused\b/.test(line))
  return (focused ?? '').replace(/ \(.*\)/, '').replace(/ (?:invalid|focused|required)\b/g, '')
}

/** Starts the page with Bright Pattern, where users sign in with their login ID and API secret. */
async function startSite(): Promise<FrontServer> {
  const sandbox = await startSandbox()
  const provider = brightPattern({ tenant: demoTenant, site: `${sandbox.url}/bright-pattern` })
  const front = await startFrontServer({
    files,
    createBffs: (environment) => [createBff({ ...environment, basePath, provider, session: { idle } })],
    api: () => new Response('No BFF has this route', { status: 404 }),
  })
  return {
    ...front,
    close: async () => {
      await front.close()
      await sandbox.close()
    },
  }
}
