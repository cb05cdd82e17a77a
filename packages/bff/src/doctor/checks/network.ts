import { createEndpointResolver } from '../../authorization-server/discovery.ts'
import { BffError } from '../../errors.ts'
import { isJsonObject, parseJson } from '../../json.ts'
import { describeError } from '../../log.ts'
import type { HttpResponse, UpstreamFailure } from '../../authorization-server/http-client.ts'
import type { Check, DoctorContext } from '../doctor-context.ts'
import { createRecordingClient } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'

/** Seconds that two clocks may differ by. */
const tolerated = 60

/** Whether the host has a name, a road and a good certificate; what it answers does not matter. */
export const checkHost: Check = async ({ provider, httpClient, results }) => {
  const { token } = provider
  const { origin, host: name } = new URL('url' in token ? token.url : token.discovery)
  const response = await httpClient.send(`${origin}/`, { method: 'HEAD' })
  const check = 'host'
  if (!('hint' in response)) {
    const tls = origin.startsWith('https:') ? ', and its certificate is good' : ''
    return [{ check, level: 'ok', message: `${name} answers${tls}` }]
  }
  if (response.wasSent)
    return [{ check, level: 'warn', message: `${name} does not answer HEAD /: ${response.hint}` }]
  results.isReachable = false
  return [
    {
      check,
      level: 'FAILED',
      message: `${name}: ${response.hint}`,
      fix: 'until then nothing else can be seen',
    },
  ]
}

/** Whether the discovery document can be had and used. */
export const checkDiscovery: Check = async (context) => {
  const { provider, httpClient, platform, results } = context
  const { token } = provider
  if (!results.isReachable) return []
  const notes: string[] = []
  const note = (message: string): void => void notes.push(message)
  const logger = { info: note, warn: note, error: note }
  const recording = createRecordingClient(httpClient)
  const endpoints = createEndpointResolver(provider, recording, platform, logger)
  if ('url' in token) {
    results.endpoints = await endpoints()
    return []
  }

  const check = 'discovery'
  const named = (): string | null => readIssuer(recording.answers.at(-1))
  try {
    results.endpoints = await endpoints()
  } catch (error) {
    if (!(error instanceof BffError)) throw error
    return [{ check, level: 'FAILED', ...createMessage(context, describeError(error), named()) }]
  }
  const { metadata } = results.endpoints
  if (!metadata) return [{ check, level: 'warn', ...createMessage(context, notes.join('; '), named()) }]

  const found: Finding[] = notes.map((message) => ({
    check,
    level: 'warn',
    message,
    fix: 'nothing, if people can sign in; else switch the grant on at the server, for this client',
  }))
  const own = new URL(token.discovery).host
  const places = {
    token_endpoint: results.endpoints.token,
    revocation_endpoint: results.endpoints.revocation,
  }
  for (const [name, url] of Object.entries(places))
    if (url !== null && new URL(url).host !== own)
      found.push({
        check,
        level: 'warn',
        message: `its ${name} is on another host, ${context.redact(new URL(url).host)}, which secrets go to`,
        fix: 'nothing, if that host belongs to the server',
      })
  return found.length > 0 ? found : [{ check, level: 'ok', message: 'the document can be used' }]
}

/** Whether this machine's clock goes as the server's does. */
export const checkClock: Check = ({ results, platform }) => {
  const theirs = Date.parse(results.tokenResponse?.response.headers.get('Date') ?? '')
  if (Number.isNaN(theirs)) return []
  const ahead = Math.round((platform.now() - theirs) / 1000)
  const check = 'clock'
  if (Math.abs(ahead) <= tolerated) return [{ check, level: 'ok', message: "goes as the server's does" }]
  return [
    {
      check,
      level: 'warn',
      message: `this machine is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} the server`,
      fix: 'set the clock of whichever is wrong (NTP): ID Tokens and certificates are judged by it',
    },
  ]
}

/** What a failed discovery says, and what helps. */
function createMessage(
  { provider, redact }: DoctorContext,
  hint: string,
  issuer: string | null,
): { message: string; fix: string } {
  const { token } = provider
  const configured = 'url' in token ? '' : (token.issuer ?? token.discovery)
  if (issuer !== null && issuer !== configured && hint.includes('names the issuer')) {
    const exact = JSON.stringify(redact(issuer))
    return {
      message: 'the document names another issuer than the configuration',
      fix: `write ${exact} as the issuer, to the letter, if that is the server you mean`,
    }
  }
  return {
    message: redact(hint),
    fix: 'the issuer is written without /.well-known/…; is its path right, and its flavour ("oidc" or "oauth")? A server without discovery needs the address of its token endpoint instead',
  }
}

function readIssuer(response: HttpResponse | UpstreamFailure | undefined): string | null {
  const document = parseJson(response && 'text' in response ? response.text : '', 'strict')
  const issuer = isJsonObject(document) ? document['issuer'] : null
  return typeof issuer === 'string' ? issuer : null
}
