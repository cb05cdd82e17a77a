export { createApp } from './create-app.ts'
export type { AppOptions } from './create-app.ts'
export { modes, providerNames } from './providers.ts'
export type { Mode, ProviderName } from './providers.ts'
