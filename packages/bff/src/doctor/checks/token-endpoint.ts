import { parseJson, getByPointer } from '../../json.ts'
import type { Provider } from '../../description/provider-description.ts'
import type { HttpResponse } from '../../authorization-server/http-client.ts'
import type { Check, DoctorContext } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
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
  const problem = findProblem(response, context, results.endpoints.token)
  if (problem?.level !== 'FAILED') results.tokenResponse = { response, result }
  if (problem) return [{ check, ...problem }]

  const code = getErrorCode(response, provider)
  const findings: Finding[] = [{ check, level: 'ok', message: `responds (${response.status}, as expected)` }]
  if (code !== null && requestErrorCodes.includes(code) && result?.kind === 'configuration_error')
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

function findProblem(
  { status, headers, text }: HttpResponse,
  { redact }: DoctorContext,
  endpoint: string,
): Omit<Finding, 'check'> | null {
  const isHtml = /html/i.test(headers.get('Content-Type') ?? '') || /^\s*<(!doctype|html)/i.test(text)
  const createProblem =
    (level: Finding['level']) =>
    (message: string, fix: string): Omit<Finding, 'check'> => ({ level, message, fix })
  const fail = createProblem('FAILED')
  const warn = createProblem('warn')

  if (status >= 300 && status < 400)
    return fail(
      `responds with ${status}, a redirect to ${redact(formatRedirectTarget(headers.get('Location'), endpoint))}`,
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
  if (isHtml && status < 300)
    return fail(
      'responds with an HTML page',
      'check its URL: this may be the authorization endpoint, which is for browsers',
    )
  if (isHtml)
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
