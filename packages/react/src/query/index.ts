export { authRetry } from './auth-retry.ts'
export type { BindQueryClientOptions } from './bind-query-client.ts'
export { bindQueryClient } from './bind-query-client.ts'
