import type { ConnectionFailure } from '../../authorization-server/connection-failure.ts'
import { createEndpointResolver } from '../../authorization-server/discovery.ts'
import { BffError } from '../../errors.ts'
import { isJsonObject, parseJson } from '../../json.ts'
import { describeError } from '../../log.ts'
import type { HttpResponse } from '../../authorization-server/http-client.ts'
import type { Check, DoctorContext } from '../doctor-context.ts'
import { createRecordingClient } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'

const maxClockDifferenceSeconds = 60

/** Checks name, connection and certificate of the host. Any response will do. */
export const checkHost: Check = async ({ provider, httpClient, results }) => {
  const { token } = provider
  const { origin, host } = new URL('url' in token ? token.url : token.discovery)
  const response = await httpClient.send(`${origin}/`, { method: 'HEAD' })
  const check = 'host'
  if (!('hint' in response)) {
    const certificate = origin.startsWith('https:') ? ', and its certificate is valid' : ''
    return [{ check, level: 'ok', message: `${host} responds${certificate}` }]
  }
  if (response.wasSent)
    return [{ check, level: 'warn', message: `${host} did not respond to HEAD /: ${response.hint}` }]
  results.isReachable = false
  return [
    {
      check,
      level: 'FAILED',
      message: `${host}: ${response.hint}`,
      fix: 'fix this first; the remaining checks were skipped',
    },
  ]
}

/** Resolves the endpoints, and checks the discovery document where there is one. */
export const checkDiscovery: Check = async (context) => {
  const { provider, httpClient, platform, results } = context
  const { token } = provider
  if (!results.isReachable) return []
  const logLines: string[] = []
  const log = (line: string): void => void logLines.push(line)
  const logger = { info: log, warn: log, error: log }
  const recordingClient = createRecordingClient(httpClient)
  const resolveEndpoints = createEndpointResolver(provider, recordingClient, platform, logger)
  if ('url' in token) {
    results.endpoints = await resolveEndpoints()
    return []
  }

  const check = 'discovery'
  const describe = (hint: string): Pick<Finding, 'message' | 'fix'> =>
    describeDiscoveryFailure(context, token, hint, readIssuer(recordingClient.responses.at(-1)))
  try {
    results.endpoints = await resolveEndpoints()
  } catch (error) {
    if (!(error instanceof BffError)) throw error
    return [{ check, level: 'FAILED', ...describe(describeError(error)) }]
  }
  if (!results.endpoints.metadata) return [{ check, level: 'warn', ...describe(logLines.join('; ')) }]

  const findings: Finding[] = logLines.map((message) => ({
    check,
    level: 'warn',
    message,
    fix: 'none needed if sign-in works; otherwise allow the grant for this client at the server',
  }))
  const { host } = new URL(token.discovery)
  const urls = {
    token_endpoint: results.endpoints.token,
    revocation_endpoint: results.endpoints.revocation,
  }
  for (const [name, url] of Object.entries(urls))
    if (url !== null && new URL(url).host !== host)
      findings.push({
        check,
        level: 'warn',
        message: `its ${name} is on another host, ${context.quote(new URL(url).host)}, which receives secrets`,
        fix: 'none needed if that host belongs to the same server',
      })
  return findings.length > 0 ? findings : [{ check, level: 'ok', message: 'the document is valid' }]
}

/** Compares the clock of this machine with the `Date` of the token endpoint. */
export const checkClock: Check = ({ results, platform }) => {
  const serverTime = Date.parse(results.tokenResponse?.response.headers.get('Date') ?? '')
  if (Number.isNaN(serverTime)) return []
  const seconds = Math.round((platform.now() - serverTime) / 1000)
  const check = 'clock'
  if (Math.abs(seconds) <= maxClockDifferenceSeconds)
    return [{ check, level: 'ok', message: "in sync with the server's" }]
  return [
    {
      check,
      level: 'warn',
      message: `the clock of this machine is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the server's`,
      fix: 'set the wrong one of the two (NTP): ID Tokens and certificates are valid by the clock',
    },
  ]
}

function describeDiscoveryFailure(
  { redact, quote }: DoctorContext,
  { issuer, discovery }: { issuer?: string | undefined; discovery: string },
  hint: string,
  documentIssuer: string | null,
): { message: string; fix: string } {
  const expectedIssuer = issuer ?? discovery.replace(/\/\.well-known\/[\w-]+/, '')
  if (documentIssuer !== null && documentIssuer !== expectedIssuer)
    return {
      message: 'the document names another issuer than the configuration',
      fix: `if that is the server you mean, set the issuer to exactly ${JSON.stringify(quote(documentIssuer))}`,
    }
  return {
    message: redact(hint),
    fix: 'check the issuer, its path included. If the document is at another address, set the issuer to that address, "/.well-known/" and what follows included. If the server has no such document, set the URL of its token endpoint instead',
  }
}

function readIssuer(response: HttpResponse | ConnectionFailure | undefined): string | null {
  const document = parseJson(response && 'text' in response ? response.text : '', 'strict')
  const issuer = isJsonObject(document) ? document['issuer'] : null
  return typeof issuer === 'string' ? issuer : null
}
