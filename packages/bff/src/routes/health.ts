import type { BackgroundTasks } from '../background-tasks.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import { createRepeatLimiter } from '../repeated-lines.ts'
import type { RouteResponse } from '../route-response.ts'
import { createJsonResponse } from '../route-response.ts'
import type { Store } from '../stores/store.ts'
import type { RouteHandler } from './route-context.ts'

/** The paths below the base path that need no header: monitoring sends none. */
export const healthPath = '/health/'

/** A result serves all requests within this time, so that no client can make the store write more often. */
const resultMs = 1000
const probeBytes = 12
/** A process that ends in the middle leaves the record of its probe. */
const probeLifetimeMs = 60_000

export interface HealthHandlers {
  live: RouteHandler
  ready: RouteHandler
}

/** The options of {@link createHealthHandlers}. */
export interface HealthOptions {
  store: Store
  background: Pick<BackgroundTasks, 'closing'>
  platform: Pick<Platform, 'now' | 'monotonicNow' | 'randomBytes'>
  logger: Logger
  /** Whether the last request to the authorization server failed. */
  isServerFailing: () => boolean
}

/**
 * Creates the handlers for monitoring. `GET health/live` says that the process responds. `GET
 * health/ready` says whether to send requests to it: 503 while the store can neither be written nor read, and after
 * `close()`. An authorization server that fails makes it `degraded`, still with 200, because another process would not do
 * better.
 */
export function createHealthHandlers({
  store,
  background,
  platform,
  logger,
  isServerFailing,
}: HealthOptions): HealthHandlers {
  const warnAtMostOnceAMinute = createRepeatLimiter(logger, () => platform.now())
  let latest: { startedAt: number; isStoreWell: Promise<boolean> } | null = null

  return {
    live: async () => createJsonResponse({ status: 'live' }),
    async ready() {
      if (background.closing.aborted) return createUnavailableResponse('closing')
      const now = platform.monotonicNow()
      if (latest === null || now - latest.startedAt >= resultMs)
        latest = { startedAt: now, isStoreWell: checkStore() }
      if (!(await latest.isStoreWell)) return createUnavailableResponse('store_unavailable')
      return createJsonResponse({ status: isServerFailing() ? 'degraded' : 'ready' })
    },
  }

  async function checkStore(): Promise<boolean> {
    const key = `health ${Buffer.from(platform.randomBytes(probeBytes)).toString('base64url')}`
    const expiresAt = platform.now() + probeLifetimeMs
    try {
      await store.insert(key, { sealed: new Uint8Array(1), indexNames: [], version: 1, expiresAt })
      const isThere = (await store.read(key)) !== null
      await store.remove(key)
      return isThere
    } catch (error) {
      warnAtMostOnceAMinute(`Not ready: ${describeError(error)}`)
      return false
    }
  }
}

function createUnavailableResponse(status: 'closing' | 'store_unavailable'): RouteResponse {
  return createJsonResponse({ status }, 503)
}
