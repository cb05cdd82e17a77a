import { cathy } from '@latchkey/sandbox'
import type { Locator, Page } from 'playwright-core'
import type { FrontServer } from './front-server.ts'

/** The label of the username, which the provider chooses. */
export const usernameLabel = /^(Username|Login ID)\b/

/** Fills in the form and submits it. Works on the login page and on the small page. */
export async function signIn(
  page: Page,
  credentials: { username: string; password: string },
  [username, password]: readonly [string | RegExp, string] = [usernameLabel, 'Password'],
): Promise<void> {
  // Chromium renders background tabs only once a second.
  await page.bringToFront()
  await page.getByLabel(username).fill(credentials.username)
  await page.getByRole('textbox', { name: password }).fill(credentials.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Waits until the form, on the page or in the dialog, accepts another submission. */
export async function expectIdleForm(within: Page | Locator): Promise<void> {
  await within.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
}

/** What the login page shows Cathy for each system. `fields` is `null` if the system needs no credentials. */
export const systems = {
  axosoft: { label: 'Axosoft', fields: ['Login ID', 'Password'], name: 'Cathy', itemsLabel: 'items' },
  'bright-pattern': {
    label: 'Bright Pattern',
    fields: ['Login ID', 'API secret'],
    name: 'cathy',
    itemsLabel: 'users',
  },
  class: { label: 'Class', fields: ['Username', 'Password'], name: 'Cathy', itemsLabel: 'funds' },
  classy: { label: 'Classy', fields: null, name: 'Developer', itemsLabel: 'campaigns' },
} as const

export type SystemId = keyof typeof systems

export async function chooseSystem(page: Page, system: SystemId): Promise<void> {
  await page.bringToFront()
  await page.getByLabel('System').selectOption({ label: systems[system].label })
}

/** Signs Cathy in to the system that is selected on the page, and waits for its list. */
export async function openSystem(page: Page, system: SystemId): Promise<void> {
  const { fields } = systems[system]
  const password = system === 'bright-pattern' ? cathy.apiSecret : cathy.password
  if (fields) await signIn(page, { ...cathy, password }, fields)
  await expectList(page, system)
}

/** Waits until the page lists the items of a system. */
export async function expectList(page: Page, system: SystemId): Promise<void> {
  await expectGreeting(page, systems[system].name)
  await page.getByText(new RegExp(`^\\d+ of \\d+ ${systems[system].itemsLabel}$`)).waitFor()
}

export async function signOut(page: Page): Promise<void> {
  await page.bringToFront()
  await page.getByRole('button', { name: 'Sign out' }).click()
}

/** Waits until the page greets the user with this name. */
export async function expectGreeting(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name: `Hello, ${name}` }).waitFor()
}

/** Waits until the page shows the sign-in form. */
export async function expectSignInForm(page: Page): Promise<void> {
  await page.getByLabel(usernameLabel).waitFor()
}

/** Opens another tab in the same browser profile. */
export async function openTab(page: Page, path = '/'): Promise<Page> {
  const tab = await page.context().newPage()
  await tab.goto(new URL(path, page.url()).href)
  return tab
}

/** Records the `fetch` requests of a page from now on, such as `GET /auth/session`. */
export function recordRequests(page: Page): string[] {
  const requests: string[] = []
  page.on('request', (request) => {
    if (request.resourceType() !== 'fetch') return
    requests.push(`${request.method()} ${new URL(request.url()).pathname}`)
  })
  return requests
}

/** What {@link readBrowserStorage} returns when the site has stored nothing. */
export const emptyStorage = { localStorage: {}, sessionStorage: {}, databases: [], caches: [], cookies: '' }

/** Reads everything that the site has stored in the browser, except cookies that scripts cannot read. */
export function readBrowserStorage(page: Page): Promise<Record<string, unknown>> {
  return page.evaluate(async () => ({
    localStorage: Object.fromEntries(Object.entries(localStorage)),
    sessionStorage: Object.fromEntries(Object.entries(sessionStorage)),
    databases: await indexedDB.databases(),
    // `caches` exists only in secure contexts.
    caches: 'caches' in window ? await caches.keys() : [],
    cookies: document.cookie,
  }))
}

/** Lists the names of the cookies in the browser, without that of the device, which stays after a sign-out. */
export async function listSessionCookies(page: Page): Promise<string[]> {
  const names = (await page.context().cookies()).map(({ name }) => name)
  return names.filter((name) => name !== 'latchkey.device')
}

/** Advances the time of a page with `hasTestClock` and of its BFF. Timers of the page that become due run once. */
export async function advanceTime(
  page: Page,
  site: Pick<FrontServer, 'advanceClock'>,
  seconds: number,
): Promise<void> {
  site.advanceClock(seconds)
  await page.clock.fastForward(seconds * 1000)
}
