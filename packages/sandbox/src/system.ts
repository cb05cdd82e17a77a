import type { TokenIssuer } from './token-issuer.ts'
import type { Client, ResolvedUser } from './users.ts'

/** The purpose of a request. `preflight` is a CORS preflight; `other` is a path without an endpoint. */
export type RequestKind = 'token' | 'resource' | 'discovery' | 'preflight' | 'other'

/** The purpose of an endpoint. */
export type EndpointKind = Exclude<RequestKind, 'preflight' | 'other'>

/** A request with the parts that every system reads. */
export interface SystemRequest {
  readonly raw: Request
  readonly url: URL
  /** The base URL of the system, without a trailing slash. */
  readonly base: string
  /** The fields of a form body; empty for any other body. */
  readonly form: URLSearchParams
}

/** One endpoint of a system. */
export interface Endpoint {
  readonly kind: EndpointKind
  readonly methods: readonly string[]
  /** Matches the path below the system's base. */
  readonly path: RegExp
  readonly respond: (request: SystemRequest, ...captures: string[]) => Response | Promise<Response>
  /** Returns this endpoint's error response to rejected credentials. */
  readonly refuse: (request: SystemRequest) => Response
}

/** One documented system: an authorization server and a small resource server. */
export interface System {
  readonly endpoints: readonly Endpoint[]
  readonly tokenIssuer: Pick<TokenIssuer, 'expireAccessTokens' | 'revokeAll'>
}

/** What the systems of one sandbox share. */
export interface SandboxContext {
  /** Returns milliseconds since 1970. */
  readonly now: () => number
  /** Returns a new token. */
  readonly randomId: () => string
  readonly users: readonly ResolvedUser[]
  readonly client: Client
}

/** Whether the content type of a request is a URL-encoded form. */
export function isForm(request: Request): boolean {
  return (request.headers.get('Content-Type') ?? '').startsWith('application/x-www-form-urlencoded')
}

/** Returns the user with exactly this username and password. */
export function findUser(context: SandboxContext, fields: URLSearchParams): ResolvedUser | undefined {
  return context.users.find(
    ({ username, password }) => username === fields.get('username') && password === fields.get('password'),
  )
}
