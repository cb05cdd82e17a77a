import { createEndpoints } from '../../authorization-server/discovery.ts'
import { BffError } from '../../errors.ts'
import { isObject, jsonFrom } from '../../json.ts'
import { told } from '../../log.ts'
import type { UpstreamAnswer, UpstreamFailure } from '../../authorization-server/http-client.ts'
import type { Check, Examination } from '../doctor-context.ts'
import { noting } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'

/** Seconds that two clocks may differ by. */
const tolerated = 60

/** Whether the host has a name, a road and a good certificate; what it answers does not matter. */
export const host: Check = async ({ provider, upstream, learnt }) => {
  const { token } = provider
  const { origin, host: name } = new URL('url' in token ? token.url : token.discovery)
  const answer = await upstream.send(`${origin}/`, { method: 'HEAD' })
  const check = 'host'
  if (!('why' in answer)) {
    const tls = origin.startsWith('https:') ? ', and its certificate is good' : ''
    return [{ check, verdict: 'ok', says: `${name} answers${tls}` }]
  }
  if (answer.sent) return [{ check, verdict: 'warn', says: `${name} does not answer HEAD /: ${answer.why}` }]
  learnt.isReachable = false
  return [
    { check, verdict: 'FAILED', says: `${name}: ${answer.why}`, fix: 'until then nothing else can be seen' },
  ]
}

/** Whether the discovery document can be had and used. */
export const discovery: Check = async (examination) => {
  const { provider, upstream, platform, learnt } = examination
  const { token } = provider
  if (!learnt.isReachable) return []
  const notes: string[] = []
  const note = (message: string): void => void notes.push(message)
  const logger = { info: note, warn: note, error: note }
  const noted = noting(upstream)
  const endpoints = createEndpoints(provider, noted, platform, logger)
  if ('url' in token) {
    learnt.endpoints = await endpoints()
    return []
  }

  const check = 'discovery'
  const named = (): string | null => issuerIn(noted.answers.at(-1))
  try {
    learnt.endpoints = await endpoints()
  } catch (error) {
    if (!(error instanceof BffError)) throw error
    return [{ check, verdict: 'FAILED', ...saidOf(examination, told(error), named()) }]
  }
  const { metadata } = learnt.endpoints
  if (!metadata) return [{ check, verdict: 'warn', ...saidOf(examination, notes.join('; '), named()) }]

  const found: Finding[] = notes.map((says) => ({
    check,
    verdict: 'warn',
    says,
    fix: 'nothing, if people can sign in; else switch the grant on at the server, for this client',
  }))
  const own = new URL(token.discovery).host
  const places = { token_endpoint: learnt.endpoints.token, revocation_endpoint: learnt.endpoints.revocation }
  for (const [name, url] of Object.entries(places))
    if (url !== null && new URL(url).host !== own)
      found.push({
        check,
        verdict: 'warn',
        says: `its ${name} is on another host, ${examination.quoted(new URL(url).host)}, which secrets go to`,
        fix: 'nothing, if that host belongs to the server',
      })
  return found.length > 0 ? found : [{ check, verdict: 'ok', says: 'the document can be used' }]
}

/** Whether this machine's clock goes as the server's does. */
export const clock: Check = ({ learnt, platform }) => {
  const theirs = Date.parse(learnt.first?.answer.headers.get('Date') ?? '')
  if (Number.isNaN(theirs)) return []
  const ahead = Math.round((platform.now() - theirs) / 1000)
  const check = 'clock'
  if (Math.abs(ahead) <= tolerated) return [{ check, verdict: 'ok', says: "goes as the server's does" }]
  return [
    {
      check,
      verdict: 'warn',
      says: `this machine is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} the server`,
      fix: 'set the clock of whichever is wrong (NTP): ID Tokens and certificates are judged by it',
    },
  ]
}

/** What a failed discovery says, and what helps. */
function saidOf(
  { provider, quoted }: Examination,
  hint: string,
  issuer: string | null,
): { says: string; fix: string } {
  const { token } = provider
  const configured = 'url' in token ? '' : (token.issuer ?? token.discovery)
  if (issuer !== null && issuer !== configured && hint.includes('names the issuer')) {
    const exact = JSON.stringify(quoted(issuer))
    return {
      says: 'the document names another issuer than the configuration',
      fix: `write ${exact} as the issuer, to the letter, if that is the server you mean`,
    }
  }
  return {
    says: quoted(hint),
    fix: 'the issuer is written without /.well-known/…; is its path right, and its flavour ("oidc" or "oauth")? A server without discovery needs the address of its token endpoint instead',
  }
}

function issuerIn(answer: UpstreamAnswer | UpstreamFailure | undefined): string | null {
  const document = jsonFrom(answer && 'text' in answer ? answer.text : '', 'strict')
  const issuer = isObject(document) ? document['issuer'] : null
  return typeof issuer === 'string' ? issuer : null
}
