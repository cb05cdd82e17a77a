import type { Locator, Page } from 'playwright-core'

/** How many pixels lie beside the window, which a person has to scroll to. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

/** The words in an element that have less contrast than 4.5 with what lies behind them (WCAG 2.2, 1.4.3). */
export function faintWords(within: Locator): Promise<string[]> {
  return within.evaluate((scope) => {
    const luminance = (color: string): number => {
      const [red = 0, green = 0, blue = 0] = (/[\d.]+, [\d.]+, [\d.]+/.exec(color)?.[0] ?? '')
        .split(', ')
        .map((part) => Number(part) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const backgroundOf = (element: Element): string => getComputedStyle(element).backgroundColor
    const contrast = (element: Element): number => {
      let behind: Element | null = element
      while (behind && backgroundOf(behind) === 'rgba(0, 0, 0, 0)') behind = behind.parentElement
      const words = luminance(getComputedStyle(element).color)
      const ground = luminance(backgroundOf(behind ?? document.body))
      return (Math.max(words, ground) + 0.05) / (Math.min(words, ground) + 0.05)
    }
    const wordsOf = (element: Element): string =>
      [...element.childNodes].map((node) => (node instanceof Text ? node.data.trim() : '')).join('')
    return [...scope.querySelectorAll('*')]
      .filter((element) => element.checkVisibility() && wordsOf(element) !== '' && contrast(element) < 4.5)
      .map((element) => wordsOf(element))
  })
}
