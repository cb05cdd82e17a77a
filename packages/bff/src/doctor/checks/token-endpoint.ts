import { parseJson, getByPointer } from '../../json.ts'
import type { Provider } from '../../description/provider-description.ts'
import type { HttpResponse } from '../../authorization-server/http-client.ts'
import type { Check, DoctorContext } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
import { createTokenProbe } from '../probe.ts'

/** Refusals that neither the user nor the client's secret can bring about. RFC 6749 §5.2. */
const aboutTheRequest = [
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'use_dpop_nonce',
]

/** Whether what the configuration calls the token endpoint answers like one. */
export const tokenEndpoint: Check = async (context) => {
  const { provider, results } = context
  if (!results.endpoints) return []
  const probe = createTokenProbe(provider)
  const { response, result } = await probe.send(context, provider)
  const check = 'token endpoint'
  if ('hint' in response)
    return [{ check, level: 'FAILED', message: response.hint, fix: 'until then nothing else can be seen' }]
  const fault = findProblem(response, context, results.endpoints.token)
  if (fault?.level !== 'FAILED') results.tokenResponse = { response, result }
  if (fault) return [{ check, ...fault }]

  const code = getErrorCode(response, provider)
  const found: Finding[] = [{ check, level: 'ok', message: `answers ${response.status} as one does` }]
  if (code !== null && aboutTheRequest.includes(code) && result?.kind === 'configuration_error')
    found.push({
      check: 'grant',
      // People can sign in all the same, where no refresh token ever comes.
      level: probe.kind === 'refresh_token' ? 'warn' : 'FAILED',
      message: `to the grant ${probe.kind}, ${result.hint}`,
      ...(probe.kind === 'refresh_token' && {
        fix: 'allow refresh tokens there, or switch refresh off here',
      }),
    })
  return found
}

/** The error code of an answer; `null` where there is none. */
export function getErrorCode({ text }: HttpResponse, { response, errors }: Provider): string | null {
  const body = parseJson(text, response.json)
  const found = errors.code
    .map((place) => getByPointer(body, place))
    .find((value) => typeof value === 'string')
  return typeof found === 'string' ? found : null
}

function findProblem(
  response: HttpResponse,
  { redact }: DoctorContext,
  endpoint: string,
): Omit<Finding, 'check'> | null {
  const { status, headers, text } = response
  const isPage = /html/i.test(headers.get('Content-Type') ?? '') || /^\s*<(!doctype|html)/i.test(text)
  const failed = (message: string, fix: string): Omit<Finding, 'check'> => ({
    level: 'FAILED',
    message,
    fix,
  })
  const warn = (message: string, fix: string): Omit<Finding, 'check'> => ({
    level: 'warn',
    message,
    fix,
  })

  if (status >= 300 && status < 400)
    return failed(
      `answers ${status}, a redirect to ${redact(formatRedirectTarget(headers.get('Location'), endpoint))}`,
      'name the endpoint itself: a redirect is never followed, because a password would go along',
    )
  if (status === 404 || status === 410)
    return failed(
      `answers ${status}: there is nothing at this address`,
      'look up the path of its token endpoint',
    )
  if (status === 405)
    return failed(
      'answers 405: it does not take this method',
      'is this the token endpoint, and method right?',
    )
  if (status === 415)
    return failed('answers 415: it does not take this encoding', 'set encoding to "json" or "form"')
  if (status === 429)
    return warn('answers 429: it is asked too often', 'run this again later, some of it may not be seen now')
  if (status >= 500)
    return warn(`answers ${status} to a request that it should refuse`, 'look into the log of that server')
  if (isPage && status < 300)
    return failed(
      'answers with a page for people (HTML)',
      'is this the token endpoint, or the one for browsers?',
    )
  if (isPage)
    return warn(
      `answers ${status} with a page for people (HTML), as a firewall in front of a server does`,
      'if the rest is refused too, ask its operator to let this machine through',
    )
  return null
}

/** Host and path, without the query, which may repeat what was sent. */
function formatRedirectTarget(location: string | null, endpoint: string): string {
  if (location === null || !URL.canParse(location, endpoint)) return 'nowhere'
  const { origin, pathname } = new URL(location, endpoint)
  return origin === new URL(endpoint).origin ? pathname : origin + pathname
}
