import type { RequestKind } from './system.ts'
import type { SystemName } from './systems/index.ts'

/** A request that arrived. Never holds a query, a header or a body, where the secrets are. */
export interface LoggedRequest {
  /** Absent for a path of no system. */
  readonly system?: SystemName
  readonly kind: RequestKind
  readonly method: string
  readonly path: string
  /** Of token requests: what was asked for. */
  readonly grant?: 'password' | 'client_credentials' | 'refresh_token' | 'other'
  /** Milliseconds since 1970. */
  readonly at: number
  /** What was answered; `null` as long as nothing is, and for ever when the connection was cut. */
  status: number | null
}

/** Which requests to count: those that are equal in every given member. */
export type RequestFilter = Partial<
  Pick<LoggedRequest, 'system' | 'kind' | 'method' | 'path' | 'grant' | 'status'>
>

/** Everything that arrived, in order. */
export interface RequestLog {
  readonly all: (filter?: RequestFilter) => readonly LoggedRequest[]
  readonly count: (filter?: RequestFilter) => number
  readonly clear: () => void
}

/** The log as the sandbox itself writes it. */
export interface RequestRecorder extends RequestLog {
  readonly add: (request: LoggedRequest) => LoggedRequest
}

export function createRequestLog(): RequestRecorder {
  let log: LoggedRequest[] = []

  const all = (filter: RequestFilter = {}): LoggedRequest[] => {
    const wanted = Object.entries(filter) as [keyof RequestFilter, unknown][]
    return log.filter((request) => wanted.every(([member, value]) => request[member] === value))
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

/** The name of a grant; anything unknown is `other`, because it could be a secret in the wrong field. */
export function toGrantName(grantType: string | null): NonNullable<LoggedRequest['grant']> {
  const known = ['password', 'client_credentials', 'refresh_token'] as const
  return known.find((name) => name === grantType) ?? 'other'
}
