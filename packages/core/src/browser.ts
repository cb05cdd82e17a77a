import type { Platform } from './platform.ts'

/** The platform of the current page. This is the only file of the package that names a global of the browser. */
export const browserPlatform: Platform = globalThis
