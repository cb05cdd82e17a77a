import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { Platform } from '../platform.ts'
import { createRepeatLimiter } from '../repeated-lines.ts'
import type { RouteRequest } from '../route-request.ts'
import type { AuditEvent, AuditEventDetails, SessionEndReason } from './audit-event.ts'
import { getRequestId } from './request-id.ts'

/** Receives audit events. What it throws is logged, and changes nothing for the request. */
export type OnEvent = (event: AuditEvent) => void | Promise<void>

/** A session that has ended. */
export interface EndedSession {
  sessionId: string
  subject: string
}

/** Why a session ended, and the request of the person who ended it, if there was one. */
export interface EndCause {
  reason: SessionEndReason
  request?: RouteRequest
}

/** Passes on what happens. */
export interface AuditLog {
  /** @param request the request that caused the event, if there was one */
  readonly record: (details: AuditEventDetails, request?: RouteRequest) => void
  readonly recordEnd: (session: EndedSession, cause: EndCause) => void
}

/** The options of {@link createAuditLog}. */
export interface AuditLogOptions {
  onEvent: OnEvent | undefined
  /** The id of the provider. */
  provider: string
  basePath: string
  platform: Pick<Platform, 'now' | 'randomBytes'>
  logger: Logger
}

export function createAuditLog({ onEvent, provider, basePath, platform, logger }: AuditLogOptions): AuditLog {
  const warnAtMostOnceAMinute = createRepeatLimiter(logger, () => platform.now())
  const warn = (error: unknown): void =>
    // Without the stack, which differs from event to event.
    warnAtMostOnceAMinute(`onEvent failed: ${error instanceof Error ? error.message : describeError(error)}`)

  const record: AuditLog['record'] = (details, request) => {
    if (!onEvent) return
    const address = request?.address ?? null
    const event: AuditEvent = {
      v: 1,
      at: new Date(platform.now()).toISOString(),
      provider,
      base_path: basePath,
      ...(request && { request_id: getRequestId(request, platform) }),
      ...(address !== null && { client_address: address }),
      ...details,
    }
    try {
      void Promise.resolve(onEvent(event)).catch(warn)
    } catch (error) {
      warn(error)
    }
  }

  return {
    record,
    recordEnd: ({ sessionId, subject }, { reason, request }) =>
      record({ type: 'session.ended', session_id: sessionId, subject, reason }, request),
  }
}
