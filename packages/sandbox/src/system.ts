import type { TokenIssuer } from './token-issuer.ts'
import type { Client, SandboxUser } from './users.ts'

/** What a request is for; `other` is a path that no system has. */
export type RequestKind = 'token' | 'resource' | 'discovery' | 'other'

/** A request, read as far as every system needs it. */
export interface SystemRequest {
  readonly raw: Request
  readonly url: URL
  /** Where the system lives, without a slash at the end. */
  readonly base: string
  /** The fields of a form in the body; empty when the body is none. */
  readonly form: URLSearchParams
}

/** One endpoint of a system. */
export interface Endpoint {
  readonly kind: RequestKind
  readonly methods: readonly string[]
  /** Matches the path below the system's base. */
  readonly path: RegExp
  readonly respond: (request: SystemRequest, ...captures: string[]) => Response | Promise<Response>
  /** The answer by which this endpoint refuses a credential. */
  readonly refuse: (request: SystemRequest) => Response
}

/** One documented system: an authorization server and a small resource server. */
export interface System {
  readonly routes: readonly Endpoint[]
  readonly grants: Pick<TokenIssuer, 'expireAccessTokens' | 'revokeAll'>
}

/** What the systems of one sandbox share. */
export interface SandboxContext {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** A new token; the default is a GUID. */
  readonly randomId: () => string
  readonly users: readonly SandboxUser[]
  readonly client: Client
}

/** Whether a request says that its body is a form. */
export function isForm(request: Request): boolean {
  return (request.headers.get('Content-Type') ?? '').startsWith('application/x-www-form-urlencoded')
}

/** Who has exactly this username and password. */
export function findUser(context: SandboxContext, fields: URLSearchParams): SandboxUser | undefined {
  return context.users.find(
    ({ username, password }) => username === fields.get('username') && password === fields.get('password'),
  )
}
