import type { Platform } from './platform.ts'

// This is the only file of the package that names a global of the browser.

/** The platform of the current page. */
export const browserPlatform: Platform = globalThis

/** Returns the URL of the current page; `undefined` in an environment without a page. */
export const getPageUrl = (): string | undefined => (globalThis as Partial<typeof globalThis>).location?.href
