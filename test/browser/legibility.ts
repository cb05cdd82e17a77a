import type { Locator, Page } from 'playwright-core'

/** Returns by how many pixels the page is wider than the window. */
export function measureOverflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

/** Finds the texts in an element whose contrast with their background is below 4.5 (WCAG 2.2, 1.4.3). */
export function findLowContrastText(within: Locator): Promise<string[]> {
  return within.evaluate((root) => {
    const getLuminance = (color: string): number => {
      const [red = 0, green = 0, blue = 0] = (/[\d.]+, [\d.]+, [\d.]+/.exec(color)?.[0] ?? '')
        .split(', ')
        .map((part) => Number(part) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const getBackground = (element: Element): string => getComputedStyle(element).backgroundColor
    const getContrast = (element: Element): number => {
      let backdrop: Element | null = element
      while (backdrop && getBackground(backdrop) === 'rgba(0, 0, 0, 0)') backdrop = backdrop.parentElement
      const textLuminance = getLuminance(getComputedStyle(element).color)
      const backdropLuminance = getLuminance(getBackground(backdrop ?? document.body))
      return (
        (Math.max(textLuminance, backdropLuminance) + 0.05) /
        (Math.min(textLuminance, backdropLuminance) + 0.05)
      )
    }
    const getText = (element: Element): string =>
      [...element.childNodes].map((node) => (node instanceof Text ? node.data.trim() : '')).join('')
    return [...root.querySelectorAll('*')]
      .filter((element) => element.checkVisibility() && getText(element) !== '' && getContrast(element) < 4.5)
      .map((element) => getText(element))
  })
}
