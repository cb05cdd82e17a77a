import type { RequestKind } from './system.ts'
import type { SystemName } from './systems/index.ts'

/** A request that arrived, without its query, headers and body, where the secrets are. */
export interface LoggedRequest {
  /** Absent when the path belongs to no system. */
  readonly system?: SystemName
  readonly kind: RequestKind
  readonly method: string
  readonly path: string
  /** The grant type of a token request. */
  readonly grant?: 'password' | 'client_credentials' | 'refresh_token' | 'other'
  /** Milliseconds since 1970. */
  readonly at: number
  /** The status of the response; `null` before the response and when the connection closed without one. */
  status: number | null
}

/** Selects the requests that are equal in every member of the filter. */
export type RequestFilter = Partial<
  Pick<LoggedRequest, 'system' | 'kind' | 'method' | 'path' | 'grant' | 'status'>
>

/** All requests in the order of their arrival, except those to the health and control endpoints. */
export interface RequestLog {
  readonly all: (filter?: RequestFilter) => readonly LoggedRequest[]
  readonly count: (filter?: RequestFilter) => number
  readonly clear: () => void
}

/** The log as the sandbox writes it. */
export interface RequestRecorder extends RequestLog {
  readonly add: (request: LoggedRequest) => LoggedRequest
}

export function createRequestLog(): RequestRecorder {
  let log: LoggedRequest[] = []

  const all = (filter: RequestFilter = {}): LoggedRequest[] => {
    const conditions = Object.entries(filter) as [keyof RequestFilter, unknown][]
    return log.filter((request) => conditions.every(([member, value]) => request[member] === value))
  }

  return {
    all,
    count: (filter) => all(filter).length,
    clear: () => {
      log = []
    },
    add: (request) => {
      log.push(request)
      return request
    },
  }
}

/** Returns the name of a grant. Any unknown value is `other`, because it could be a secret in the wrong field. */
export function toGrantName(grantType: string | null): NonNullable<LoggedRequest['grant']> {
  const knownGrants = ['password', 'client_credentials', 'refresh_token'] as const
  return knownGrants.find((name) => name === grantType) ?? 'other'
}
