/**
 * The backend-for-frontend: runs grants at the authorization server, keeps client secrets and refresh tokens on the
 * server, and gives the browser a short-lived access token (token mode) or only a cookie (proxy mode).
 *
 * @module
 */
export type { Authorize, Caller } from './sessions/machine-session.ts'
export { createBff } from './create-bff.ts'
export type { Bff } from './bff.ts'
export type { BffOptions } from './bff-options.ts'
export { BffError } from './errors.ts'
export type { BffErrorDetails } from './errors.ts'
export type { Hooks, PreparedRequest, RawResponse } from './authorization-server/hooks.ts'
export type { AuditEvent, SessionEndReason } from './events/audit-event.ts'
export type { OnEvent } from './events/audit-log.ts'
export type { LogDetails, Logger } from './log.ts'
export type { EndOperation, Instrument, Operation } from './instrument.ts'
export { memoryStore } from './stores/memory-store.ts'
export type { MemoryStoreOptions } from './stores/memory-store.ts'
export type { Platform } from './platform.ts'
export type { ReadSecret, Secret } from './secret.ts'
export type { SessionAdmin, UserReference } from './session-admin.ts'
export type { UserSession } from './sessions/session-list.ts'
export type { SessionState } from './routes/session-state.ts'
export { defineProvider } from './description/provider-description.ts'
export type { ProviderDescription } from './description/provider-description.ts'
export { createRestoreScript } from './restore-script.ts'
export type { RestoreScript, RestoreScriptOptions } from './restore-script.ts'
export type { ProxyRoute } from './proxy/proxy-routes.ts'
export type { LeaseResult, ListedRecord, Store, StoredRecord } from './stores/store.ts'
export { getClientAddress, setSocketAddress } from './guards/client-address.ts'
export type { TrustProxy } from './guards/trust-proxy.ts'
