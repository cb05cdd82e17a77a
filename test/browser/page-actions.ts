import { cathy } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'

/** The label of the username, which the provider chooses. */
export const usernameLabel = /^(Username|Login ID)\b/

/** Fills the form in and sends it, on either page. */
export async function signIn(
  page: Page,
  who: { username: string; password: string },
  [username, password]: readonly [string | RegExp, string] = [usernameLabel, 'Password'],
): Promise<void> {
  // Whoever types into a tab looks at it; Chromium draws the others once a second.
  await page.bringToFront()
  await page.getByLabel(username).fill(who.username)
  await page.getByRole('textbox', { name: password }).fill(who.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** What Cathy meets at each system of the example; nothing is asked where there are no fields. */
export const systems = {
  axosoft: { label: 'Axosoft', fields: ['Login ID', 'Password'], name: 'Cathy', many: 'items' },
  'bright-pattern': {
    label: 'Bright Pattern',
    fields: ['Login ID', 'API secret'],
    name: 'cathy',
    many: 'users',
  },
  class: { label: 'Class', fields: ['Username', 'Password'], name: 'Cathy', many: 'funds' },
  classy: { label: 'Classy', fields: null, name: 'Developer', many: 'campaigns' },
} as const

export type SystemId = keyof typeof systems

export async function chooseSystem(page: Page, system: SystemId): Promise<void> {
  await page.bringToFront()
  await page.getByLabel('System').selectOption({ label: systems[system].label })
}

/** Signs Cathy in to the system that the page shows. */
export async function openSystem(page: Page, system: SystemId): Promise<void> {
  const { fields } = systems[system]
  const password = system === 'bright-pattern' ? cathy.apiSecret : cathy.password
  if (fields) await signIn(page, { ...cathy, password }, fields)
  await expectList(page, system)
}

/** Resolves when the page lists what that system has. */
export async function expectList(page: Page, system: SystemId): Promise<void> {
  await expectGreeting(page, systems[system].name)
  await page.getByText(new RegExp(`^\\d+ of \\d+ ${systems[system].many}$`)).waitFor()
}

export async function signOut(page: Page): Promise<void> {
  await page.bringToFront()
  await page.getByRole('button', { name: 'Sign out' }).click()
}

/** Resolves when the page greets somebody of that name. */
export async function expectGreeting(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name: `Hello, ${name}` }).waitFor()
}

/** Resolves when the page asks for a username. */
export async function expectSignInForm(page: Page): Promise<void> {
  await page.getByLabel(usernameLabel).waitFor()
}

/** Another tab of the same visitor. */
export async function openTab(page: Page, path = '/'): Promise<Page> {
  const tab = await page.context().newPage()
  await tab.goto(new URL(path, page.url()).href)
  return tab
}

/** What a tab asks for from now on, but for its own files, as `GET /auth/session`. */
export function requestsOf(page: Page): string[] {
  const requests: string[] = []
  page.on('request', (request) => {
    if (request.resourceType() !== 'fetch') return
    requests.push(`${request.method()} ${new URL(request.url()).pathname}`)
  })
  return requests
}

/** What {@link readBrowserStorage} finds when there is nothing. */
export const nothing = { localStorage: {}, sessionStorage: {}, databases: [], caches: [], cookies: '' }

/** Everything that a site can leave in a browser, but for its cookies. */
export function readBrowserStorage(page: Page): Promise<Record<string, unknown>> {
  return page.evaluate(async () => ({
    localStorage: Object.fromEntries(Object.entries(localStorage)),
    sessionStorage: Object.fromEntries(Object.entries(sessionStorage)),
    databases: await indexedDB.databases(),
    // There is none on a page that has no secure context.
    caches: 'caches' in window ? await caches.keys() : [],
    cookies: document.cookie,
  }))
}

/** A refresh is due this many seconds before the end of a token that lives so short, or ten after its beginning. */
export const shortLife = 12
