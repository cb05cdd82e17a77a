import { hasValue, isExplainedError } from '../../authorization-server/error-fields.ts'
import { parseJson, getByPointer } from '../../json.ts'
import type { Provider } from '../../description/provider-description.ts'
import type { HttpResponse } from '../../authorization-server/http-client.ts'
import type { Check, DoctorContext } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
import type { Probe, ProbeResult } from '../probe.ts'
import { createTokenProbe } from '../probe.ts'

/** Errors that depend neither on the user nor on the client's secret (RFC 6749 §5.2). */
const requestErrorCodes = [
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'use_dpop_nonce',
]

/** Sends a probe to the token endpoint, and checks that a token endpoint responds to it. */
export const checkTokenEndpoint: Check = async (context) => {
  const { provider, results } = context
  if (!results.endpoints) return []
  const probe = createTokenProbe(provider)
  const { response, result } = await probe.send(context, provider)
  const check = 'token endpoint'
  if ('hint' in response)
    return [
      {
        check,
        level: 'FAILED',
        message: response.hint,
        fix: 'fix this first; the remaining checks were skipped',
      },
    ]
  const problem =
    findProblem(response, context, results.endpoints.token) ??
    findForeignResponse(response, result, probe, provider)
  if (problem?.level !== 'FAILED') results.tokenResponse = { response, result }
  if (problem) return [{ check, ...problem }]

  const code = getErrorCode(response, provider)
  const findings: Finding[] = [{ check, level: 'ok', message: `responds (${response.status}, as expected)` }]
  // With 401 it concerns the client itself.
  const isRequestError = code !== null && requestErrorCodes.includes(code) && response.status !== 401
  if (isRequestError && result?.kind === 'configuration_error')
    findings.push({
      check: 'grant',
      // Sign-in works without refresh tokens.
      level: probe.kind === 'refresh_token' ? 'warn' : 'FAILED',
      message: `${probe.kind}: ${result.hint}`,
      ...(probe.kind === 'refresh_token' && {
        fix: 'allow the refresh_token grant for this client at the server, or switch refresh off in the configuration',
      }),
    })
  return findings
}

/** Returns the error code of a response, or `null`. */
export function getErrorCode({ text }: HttpResponse, { response, errors }: Provider): string | null {
  const body = parseJson(text, response.json)
  const code = errors.code
    .map((pointer) => getByPointer(body, pointer))
    .find((value) => typeof value === 'string')
  return typeof code === 'string' ? code : null
}

/** Finds that a response is not one of a token endpoint, or of one that checks nothing. */
function findForeignResponse(
  response: HttpResponse,
  result: ProbeResult['result'],
  { kind, issuesToken }: Probe,
  provider: Provider,
): Omit<Finding, 'check'> | null {
  if (issuesToken) return null
  const { status, text } = response
  const isRefresh = kind === 'refresh_token'
  if (result?.kind === 'issued')
    return {
      level: 'FAILED',
      message: `issued a token for a made-up ${isRefresh ? 'refresh token' : 'user'}: it does not check its requests`,
      fix: 'check its URL. A server for tests may respond like this; in production it would let everybody in',
    }
  const body = parseJson(text, provider.response.json)
  const code = getErrorCode(response, provider)
  const hasError = provider.errors.code.some((pointer) => hasValue(getByPointer(body, pointer)))
  const isExplained = isExplainedError(response, body, provider, isRefresh ? 'refresh' : 'sign-in')
  if (status < 300 && !hasError && !isExplained)
    return {
      level: 'FAILED',
      message: `responds with ${status}, without a token and without an error, to a request that it should reject`,
      fix: 'check its URL: this may be another endpoint. If it is right, say in errors.code and errors.map where its errors are and what they mean',
    }
  // Other endpoints respond like this to the parameters of a token request, which are complete.
  const isUnusual = code === 'invalid_request' && result?.kind === 'configuration_error'
  if (isExplained && !isUnusual) return null
  return {
    level: 'warn',
    message: isUnusual
      ? `responds with ${status} invalid_request, although the request was complete`
      : `responds with ${status}, without an error code of a token endpoint (RFC 6749 §5.2)`,
    fix: 'check its URL: this may be another endpoint. If it is right, say in errors.map what this response means, because Latchkey may read it as a wrong password',
  }
}

/** Whether a response is a page for a browser. */
export function isHtml({ headers, text }: HttpResponse): boolean {
  return /html/i.test(headers.get('Content-Type') ?? '') || /^\s*<(!doctype|html)/i.test(text)
}

function findProblem(
  response: HttpResponse,
  { quote }: DoctorContext,
  endpoint: string,
): Omit<Finding, 'check'> | null {
  const { status, headers } = response
  const createProblem =
    (level: Finding['level']) =>
    (message: string, fix: string): Omit<Finding, 'check'> => ({ level, message, fix })
  const fail = createProblem('FAILED')
  const warn = createProblem('warn')

  if (status >= 300 && status < 400)
    return fail(
      `responds with ${status}, a redirect to ${quote(formatRedirectTarget(headers.get('Location'), endpoint))}`,
      'set the URL of the endpoint itself. Latchkey follows no redirect, because it would send the password along',
    )
  if (status === 404 || status === 410)
    return fail(
      `responds with ${status}: this URL does not exist`,
      'look up the path of the token endpoint in the documentation of the server',
    )
  if (status === 405)
    return fail(
      'responds with 405: it does not accept this HTTP method',
      'check the URL of the token endpoint, and method',
    )
  if (status === 415)
    return fail('responds with 415: it does not accept this encoding', 'set encoding to "json" or "form"')
  if (status === 429)
    return warn(
      'responds with 429: it has received too many requests',
      'run this again later; the checks below may be incomplete',
    )
  if (status >= 500)
    return warn(
      `responds with ${status} to a request that it should reject`,
      'look into the log of that server',
    )
  if (isHtml(response) && status < 300)
    return fail(
      'responds with an HTML page',
      'check its URL: this may be the authorization endpoint, which is for browsers',
    )
  if (isHtml(response))
    return warn(
      `responds with ${status} and an HTML page, probably of a firewall in front of the server`,
      'if the checks below fail too, ask the operator of the server to allow requests from this machine',
    )
  return null
}

/** Leaves out the query, which may repeat what the request contained. */
function formatRedirectTarget(location: string | null, endpoint: string): string {
  if (location === null || !URL.canParse(location, endpoint)) return 'nowhere'
  const { origin, pathname } = new URL(location, endpoint)
  return origin === new URL(endpoint).origin ? pathname : origin + pathname
}
