import { createJsonResponse } from '../../responses.ts'
import type { TokenIssuer, IssuedTokens } from '../../token-issuer.ts'
import type { SandboxContext, Endpoint } from '../../system.ts'

/** What can be different about Classy. */
export interface ClassyOptions {
  /** Seconds an access token lives; 3600 unless given. */
  readonly accessTokenLifetime?: number
  /** Whether an access token is shipped with a refresh token; not unless told so. */
  readonly refreshTokens?: boolean
  /** Whether a refresh token works once and is replaced (`one-use`), or stays good (`kept`). No document says. */
  readonly rotation?: 'one-use' | 'kept'
  /** What the header `x-integration-id` must be; without it the edge answers a page, 403. None is asked for unless given. */
  readonly integrationId?: string
  /** Whether answers carry an empty `queries_log`, as live ones do and the first document's example does not. */
  readonly queriesLog?: boolean
  /** Changes the body of a successful token answer, for shapes that no documentation shows. */
  readonly transformBody?: (body: Record<string, unknown>) => unknown
}

/** What is wrong: a code, or the messages on each field that did not pass. */
type ClassyError = string | Record<string, readonly string[]>

const tokenHeaders = { 'Cache-Control': 'no-cache, private' }

/** Classy's token endpoint. Its tokens belong to the application, so that nobody signs in. */
export function createClassyTokenEndpoint(
  context: SandboxContext,
  grants: TokenIssuer<null>,
  options: ClassyOptions,
): Pick<Endpoint, 'refuse' | 'respond'> {
  const { accessTokenLifetime = 3600, refreshTokens = false, rotation = 'one-use' } = options
  const rules = { accessTokenLifetime, rotation }
  const queriesLog = options.queriesLog === false ? {} : { queries_log: [] }

  return {
    respond: ({ form }) => {
      const outcome = grant(form)
      return 'error' in outcome
        ? refused(outcome.error)
        : createJsonResponse(200, bodyOf(outcome), tokenHeaders)
    },
    refuse: ({ form }) =>
      refused(form.get('grant_type') === 'refresh_token' ? 'invalid_grant' : 'invalid_client'),
  }

  function grant(form: URLSearchParams): IssuedTokens<null> | { error: ClassyError } {
    const missing = missingFields(form)
    if (Object.keys(missing).length > 0) return { error: missing }
    const { clientId, clientSecret } = context.client
    if (form.get('client_id') !== clientId || readSecret(form) !== clientSecret) {
      return { error: 'invalid_client' }
    }
    switch (form.get('grant_type') ?? '') {
      case 'client_credentials':
        return grants.issue({ user: null, scope: [] }, { ...rules, withRefreshToken: refreshTokens })
      case 'refresh_token':
        return grants.refresh(form.get('refresh_token') ?? '', rules) ?? { error: 'invalid_grant' }
      default:
        return { error: 'unsupported_grant_type' }
    }
  }

  function bodyOf({ accessToken, refreshToken }: IssuedTokens<null>): unknown {
    const body = {
      access_token: accessToken,
      expires_in: accessTokenLifetime,
      ...queriesLog,
      token_type: 'bearer',
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    }
    return options.transformBody ? options.transformBody(body) : body
  }

  function refused(error: ClassyError): Response {
    return createJsonResponse(400, { error, ...(typeof error === 'object' && queriesLog) }, tokenHeaders)
  }
}

/** `secret_key` is an older name, of which only the messages below tell. */
function readSecret(form: URLSearchParams): string | null {
  return form.get('client_secret') || form.get('secret_key')
}

function missingFields(form: URLSearchParams): Record<string, readonly string[]> {
  return {
    ...(!form.get('grant_type') && { grant_type: ['The grant type field is required.'] }),
    ...(!form.get('client_id') && { client_id: ['The client id field is required.'] }),
    ...(!readSecret(form) && {
      secret_key: ['The secret key field is required when client secret is not present.'],
      client_secret: ['The client secret field is required when secret key is not present.'],
    }),
  }
}
