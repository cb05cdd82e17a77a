import { createJsonResponse } from '../../responses.ts'
import type { TokenIssuer, IssuedTokens } from '../../token-issuer.ts'
import type { SandboxContext, Endpoint } from '../../system.ts'

/** Options for what Classy's documentation leaves open. */
export interface ClassyOptions {
  /** The lifetime of access tokens in seconds. Defaults to 3600. */
  readonly accessTokenLifetime?: number
  /** Whether a token response contains a refresh token. Defaults to `false`. */
  readonly refreshTokens?: boolean
  /** Whether a refresh replaces the refresh token (`one-use`, the default) or it stays valid (`kept`). Undocumented. */
  readonly rotation?: 'one-use' | 'kept'
  /** The value of `x-integration-id` without which the edge sends a 403 page. Defaults to no check. */
  readonly integrationId?: string
  /** Whether responses contain an empty `queries_log`, as captured. Defaults to `true`; one document has none. */
  readonly queriesLog?: boolean
  /** Changes the body of a successful token response, for undocumented shapes. */
  readonly transformBody?: (body: Record<string, unknown>) => unknown
}

/** An error code, or the messages for each invalid field. */
type ClassyError = string | Record<string, readonly string[]>

const tokenHeaders = { 'Cache-Control': 'no-cache, private' }

/** Creates Classy's token endpoint, which issues machine tokens only. */
export function createClassyTokenEndpoint(
  context: SandboxContext,
  tokenIssuer: TokenIssuer<null>,
  options: ClassyOptions,
): Pick<Endpoint, 'refuse' | 'respond'> {
  const { accessTokenLifetime = 3600, refreshTokens = false, rotation = 'one-use' } = options
  const rules = { accessTokenLifetime, rotation }
  const queriesLog = options.queriesLog === false ? {} : { queries_log: [] }

  return {
    respond: ({ form }) => {
      const result = runGrant(form)
      return 'error' in result
        ? createErrorResponse(result.error)
        : createJsonResponse(200, createTokenBody(result), tokenHeaders)
    },
    refuse: ({ form }) =>
      createErrorResponse(form.get('grant_type') === 'refresh_token' ? 'invalid_grant' : 'invalid_client'),
  }

  function runGrant(form: URLSearchParams): IssuedTokens<null> | { error: ClassyError } {
    const fieldMessages = findMissingFields(form)
    if (Object.keys(fieldMessages).length > 0) return { error: fieldMessages }
    const { clientId, clientSecret } = context.client
    if (form.get('client_id') !== clientId || readSecret(form) !== clientSecret) {
      return { error: 'invalid_client' }
    }
    switch (form.get('grant_type') ?? '') {
      case 'client_credentials':
        return tokenIssuer.issue({ user: null, scope: [] }, { ...rules, withRefreshToken: refreshTokens })
      case 'refresh_token':
        return tokenIssuer.refresh(form.get('refresh_token') ?? '', rules) ?? { error: 'invalid_grant' }
      default:
        return { error: 'unsupported_grant_type' }
    }
  }

  function createTokenBody({ accessToken, refreshToken }: IssuedTokens<null>): unknown {
    const body = {
      access_token: accessToken,
      expires_in: accessTokenLifetime,
      ...queriesLog,
      token_type: 'bearer',
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    }
    return options.transformBody ? options.transformBody(body) : body
  }

  function createErrorResponse(error: ClassyError): Response {
    return createJsonResponse(400, { error, ...(typeof error === 'object' && queriesLog) }, tokenHeaders)
  }
}

/** `secret_key` is an older name, which only Classy's error messages mention. */
function readSecret(form: URLSearchParams): string | null {
  return form.get('client_secret') || form.get('secret_key')
}

function findMissingFields(form: URLSearchParams): Record<string, readonly string[]> {
  return {
    ...(!form.get('grant_type') && { grant_type: ['The grant type field is required.'] }),
    ...(!form.get('client_id') && { client_id: ['The client id field is required.'] }),
    ...(!readSecret(form) && {
      secret_key: ['The secret key field is required when client secret is not present.'],
      client_secret: ['The client secret field is required when secret key is not present.'],
    }),
  }
}
