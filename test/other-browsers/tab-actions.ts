import { expect } from 'vitest'
import type { Tab } from './browser.ts'

/** The keys that tests press, as WebDriver names them. */
const keys = { Enter: '\uE007', Escape: '\uE00C' }

/** Types text, or presses a key, in the focused element. */
export async function type(tab: Tab, text: string): Promise<void> {
  const actions = Array.from(text).flatMap((value) => [
    { type: 'keyDown', value },
    { type: 'keyUp', value },
  ])
  await tab.perform({ type: 'key', id: 'keyboard', actions })
}

export function press(tab: Tab, key: keyof typeof keys): Promise<void> {
  return type(tab, keys[key])
}

/** Waits for the first visible element that matches a selector and contains a text, and clicks its centre. */
export async function click(tab: Tab, selector: string, text = ''): Promise<void> {
  let point: { x: number; y: number } | null = null
  await expect.poll(async () => (point = await tab.evaluate(findCentre, selector, text))).not.toBeNull()
  await tab.perform({
    type: 'pointer',
    id: 'mouse',
    actions: [
      { type: 'pointerMove', ...(point ?? { x: 0, y: 0 }), origin: 'viewport' },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ],
  })
}

function findCentre(selector: string, text: string): { x: number; y: number } | null {
  for (const element of document.querySelectorAll(selector)) {
    if (!element.textContent?.includes(text)) continue
    element.scrollIntoView({ block: 'center' })
    const { x, y, width, height } = element.getBoundingClientRect()
    if (width > 0 && height > 0) return { x: Math.round(x + width / 2), y: Math.round(y + height / 2) }
  }
  return null
}

/** Replaces the value of an input by typing. */
export async function fill(tab: Tab, selector: string, text: string): Promise<void> {
  await click(tab, selector)
  await tab.evaluate((target) => {
    document.querySelector<HTMLInputElement>(target)?.select()
  }, selector)
  await type(tab, text)
  await expect.poll(() => readValue(tab, selector)).toBe(text)
}

export function readValue(tab: Tab, selector: string): Promise<string | undefined> {
  return tab.evaluate((target) => document.querySelector<HTMLInputElement>(target)?.value, selector)
}

/** Fills in the form and submits it. Works on the login page and on the small page. */
export async function signIn(tab: Tab, credentials: { username: string; password: string }): Promise<void> {
  await fill(tab, 'input[autocomplete=username]', credentials.username)
  await fill(tab, 'input[autocomplete=current-password]', credentials.password)
  await press(tab, 'Enter')
}

/** Waits until the visible text of a page matches. */
export async function expectText(tab: Tab, text: string | RegExp): Promise<void> {
  await expect.poll(() => readText(tab)).toMatch(text)
}

function readText(tab: Tab): Promise<string> {
  return tab.evaluate(() => document.body.innerText)
}

export function readHtml(tab: Tab): Promise<string> {
  return tab.evaluate(() => document.documentElement.outerHTML)
}

/** Waits until an element with this tag and text has the focus. */
export async function expectFocus(tab: Tab, tagAndText: string): Promise<void> {
  const read = (): string => `${document.activeElement?.tagName} ${document.activeElement?.textContent ?? ''}`
  await expect.poll(() => tab.evaluate(read)).toBe(tagAndText)
}

export async function expectTitle(tab: Tab, title: string): Promise<void> {
  await expect.poll(() => tab.evaluate(() => document.title)).toBe(title)
}

/** Waits until the page shows the sign-in form. */
export async function expectSignInForm(tab: Tab): Promise<void> {
  const hasForm = (): boolean => document.querySelector('input[autocomplete=username]') !== null
  await expect.poll(() => tab.evaluate(hasForm)).toBe(true)
}
