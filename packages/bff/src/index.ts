/**
 * The backend-for-frontend: runs the password grant, keeps the refresh token, gives the browser a short-lived token.
 *
 * @module
 */
export type { Authorize, Who } from './application.ts'
export { createBff } from './bff.ts'
export type { Bff } from './bff.ts'
export type { BffOptions } from './bff-options.ts'
export { BffError } from './errors.ts'
export type { BffErrorDetails } from './errors.ts'
export type { Hooks, PreparedRequest, RawAnswer } from './hooks.ts'
export type { Logger } from './log.ts'
export { memoryStore } from './memory-store.ts'
export type { Platform } from './platform.ts'
export { defineProvider } from './provider-description.ts'
export type { ProviderDescription } from './provider-description.ts'
export type { ProxyRoute } from './proxy/proxy-routes.ts'
export type { Store, StoredRecord } from './store.ts'
export type { ThrottleOptions } from './throttle.ts'
