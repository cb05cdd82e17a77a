import type { Platform } from './platform.ts'

/** The page's own `window`: the one place in this package that names the surroundings. */
export const browserPlatform: Platform = globalThis
