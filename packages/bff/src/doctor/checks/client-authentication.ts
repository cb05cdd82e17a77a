import { parseJson, getByPointer } from '../../json.ts'
import type { Provider } from '../../description/provider-description.ts'
import { presets } from '../../config/presets.ts'
import type { Check, DoctorContext } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
import type { Probe, ProbeResult } from '../probe.ts'
import { revocationProbe, createTokenProbe } from '../probe.ts'
import { getErrorCode } from './token-endpoint.ts'
import type { ClientAuthMethod } from '../client-auth-methods.ts'
import { formatClientAuthMethod, withClientAuth, listClientAuthMethods } from '../client-auth-methods.ts'

/** What became of one way: `unclear` where a made-up secret fares no worse, `unanswered` where nothing came back. */
interface MethodResult {
  authMethod: ClientAuthMethod
  outcome: 'accepted' | 'refused' | 'unclear' | 'unanswered'
  code: string | null
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz'

/**
 * Finds out how the server knows its client. Every way is tried with the secret and, where that is not refused, with a
 * made-up one: only a server that tells the two apart has accepted anything.
 */
export const checkClientAuthentication: Check = async (context) => {
  const { provider, results } = context
  const { tokenResponse, endpoints } = results
  if (!tokenResponse || !endpoints) return []
  const probe = createTokenProbe(provider)
  const authMethods = listClientAuthMethods(provider, probe.kind)
  const [configured] = authMethods
  if (!configured) return []
  if (configured.clientAuth === 'none') return withoutSecret(tokenResponse, context)

  const probes = [
    probe,
    ...(endpoints.revocation !== null && provider.revocation?.auth !== 'bearer' ? [revocationProbe] : []),
  ]
  let tried: MethodResult[] = []
  for (const one of probes) {
    tried = []
    for (const authMethod of authMethods) {
      // An application's token is asked for as often as it is needed, and no more.
      if (one.issues && tried.some(({ outcome }) => outcome === 'accepted')) break
      tried.push(
        await tryMethod(
          context,
          one,
          authMethod,
          one === probe && authMethod === configured ? tokenResponse : null,
        ),
      )
    }
    if (tried.some(({ outcome }) => outcome === 'accepted' || outcome === 'refused')) break
  }
  const finding = summarizeMethods(tried, context)
  results.isClientAccepted = finding.level !== 'FAILED'
  return [{ check: 'client', ...finding }]
}

async function tryMethod(
  context: DoctorContext,
  probe: Probe,
  authMethod: ClientAuthMethod,
  known: ProbeResult | null,
): Promise<MethodResult> {
  const { provider } = context
  const right = known ?? (await probe.send(context, withClientAuth(provider, authMethod)))
  if (isUnanswered(right)) return { authMethod, outcome: 'unanswered', code: null }
  const code = 'status' in right.response ? getErrorCode(right.response, provider) : null
  if (isClientRefused(right, probe, provider)) return { authMethod, outcome: 'refused', code }
  const wrong = await probe.send(context, withClientAuth(provider, authMethod, createWrongSecret(context)))
  if (isUnanswered(wrong)) return { authMethod, outcome: 'unanswered', code }
  const alike = getSignature(right, provider) === getSignature(wrong, provider)
  return { authMethod, outcome: alike ? 'unclear' : 'accepted', code }
}

/**
 * Nobody's secret, in the shape of the right one: some servers refuse characters that are not encoded before they look
 * at what they say.
 */
function createWrongSecret({ provider, platform }: DoctorContext): string {
  const { secret = '' } = provider.client ?? {}
  const [...random] = platform.randomBytes(secret.length)
  const other = secret.replaceAll(/%..|[A-Za-z0-9]/gs, (own, place: number) =>
    own.startsWith('%') ? own : (alphabet[(random[place] ?? 0) % alphabet.length] ?? own),
  )
  return other === secret ? `${secret}x` : other
}

function summarizeMethods(all: MethodResult[], { config, provider }: DoctorContext): Omit<Finding, 'check'> {
  const accepted = all.filter(({ outcome }) => outcome === 'accepted')
  // A server that tells secrets apart in another way, and not in this one, does not look at this one.
  const tried = all.map((one) =>
    one.outcome === 'unclear' && one.code !== 'invalid_grant' && accepted.length > 0
      ? { ...one, outcome: 'refused' as const }
      : one,
  )
  const [configured, ...others] = tried
  if (!configured) return { level: 'warn', message: 'no way could be tried' }
  const name = formatClientAuthMethod(configured.authMethod)
  const list = (outcome: MethodResult['outcome']): string =>
    others
      .filter((one) => one.outcome === outcome)
      .map(({ authMethod }) => formatClientAuthMethod(authMethod))
      .join(', ')
  const also = list('accepted')
  const not = list('refused')

  switch (configured.outcome) {
    case 'accepted':
      return {
        level: 'ok',
        message: `the secret is right, and accepted by ${name}${also && `; also by ${also}`}${not && `; not by ${not}`}`,
      }
    case 'unanswered':
      return {
        level: 'warn',
        message: 'the server is busy or gives no answer, so that nothing could be seen',
        fix: 'run this again later',
      }
    case 'unclear':
      return {
        level: 'warn',
        message: 'cannot be seen: the server answers alike to the configured secret and to a made-up one',
        fix: 'sign in with --sign-in to be sure',
      }
    case 'refused': {
      const [better] = accepted
      if (better)
        return {
          level: 'FAILED',
          message: `the secret is right, but not accepted by ${name}, as configured; accepted by ${also}`,
          fix: formatFix(better.authMethod, config.preset),
        }
      const unclear = list('unclear')
      return {
        level: 'FAILED',
        message: `the client is refused${unclear ? ` by ${name}; cannot be seen by ${unclear}` : `, by ${[name, not].filter(Boolean).join(', ')}`}`,
        fix: `compare the client id ${JSON.stringify(provider.client?.id)} and the client secret${describeSecretSource(config.variables)} with what the server has: was either made for another server, replaced, or copied with something around it?`,
      }
    }
  }
}

function withoutSecret({ response }: ProbeResult, { provider }: DoctorContext): Finding[] {
  const check = 'client'
  const { client } = provider
  if (!('status' in response) || getErrorCode(response, provider) !== 'invalid_client')
    return [{ check, level: 'ok', message: 'the client shows no secret, and none is asked for' }]
  return [
    {
      check,
      level: 'FAILED',
      message: client ? 'the client id is refused, or needs a secret' : 'the server wants to know the client',
      fix: client
        ? 'compare the client id, and give its secret if it has one'
        : 'register a client there, and give its id and secret',
    },
  ]
}

/** Where a setting is written. */
function formatFix({ clientAuth, basicEncoding }: ClientAuthMethod, preset: string | null): string {
  const values = `"clientAuth": "${clientAuth}"${clientAuth === 'basic' ? `, "basicEncoding": "${basicEncoding}"` : ''}`
  if (preset === null) return `write ${values} in each of grants`
  return presets[preset]?.options.includes('clientAuth') === true
    ? `write ${values}`
    : `the preset ${preset} has no option for this: describe the provider in full, with ${values} in each of grants`
}

function describeSecretSource(variables: { path: string; name: string }[]): string {
  const found = variables.find(({ path }) => /secret$/i.test(path) && path.startsWith('provider'))
  return found ? ` in ${found.name}` : ''
}

function isUnanswered({ response }: ProbeResult): boolean {
  return 'hint' in response || response.status === 429 || response.status >= 500
}

/** At the token endpoint a 401 alone may speak of what was made up; a revocation endpoint speaks of the client. */
function isClientRefused({ response }: ProbeResult, probe: Probe, provider: Provider): boolean {
  if ('hint' in response) return false
  return (
    getErrorCode(response, provider) === 'invalid_client' ||
    (probe === revocationProbe && response.status === 401)
  )
}

/** What two answers have in common that mean the same; their words may name the moment, or the request. */
function getSignature({ response: answer }: ProbeResult, { response, errors }: Provider): string {
  if ('hint' in answer) return ''
  const body = parseJson(answer.text, response.json)
  return JSON.stringify([answer.status, ...errors.code.map((place) => getByPointer(body, place) ?? null)])
}
