import { parseJson, getByPointer } from '../../json.ts'
import type { Provider } from '../../description/provider-description.ts'
import { presets } from '../../config/presets.ts'
import type { DoctorConfig } from '../doctor-config.ts'
import { formatOptions } from '../doctor-config.ts'
import type { Check, DoctorContext } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
import type { Probe, ProbeResult } from '../probe.ts'
import { revocationProbe, createTokenProbe } from '../probe.ts'
import { getErrorCode } from './token-endpoint.ts'
import type { ClientAuthMethod } from '../client-auth-methods.ts'
import { formatClientAuthMethod, withClientAuth, listClientAuthMethods } from '../client-auth-methods.ts'

/** The result of one method: `unclear` when the server responds to a wrong secret in the same way. */
interface MethodResult {
  authMethod: ClientAuthMethod
  outcome: 'accepted' | 'rejected' | 'unclear' | 'no_response'
  code: string | null
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz'

/**
 * Finds the methods by which the server authenticates its client. Each method is tried with the configured secret and,
 * unless the server rejects that, with a wrong one: a server that responds in the same way to both has accepted nothing.
 */
export const checkClientAuthentication: Check = async (context) => {
  const { provider, results } = context
  const { tokenResponse, endpoints } = results
  if (!tokenResponse || !endpoints) return []
  const tokenProbe = createTokenProbe(provider)
  const authMethods = listClientAuthMethods(provider, tokenProbe.kind)
  const [configured] = authMethods
  if (!configured) return []
  if (configured.clientAuth === 'none') return checkPublicClient(tokenResponse, context)

  let probe = tokenProbe
  let methodResults = await tryMethods(context, probe, authMethods)
  const canRevoke = endpoints.revocation !== null && provider.revocation?.auth !== 'bearer'
  const isUnclear = methodResults.every(({ outcome }) => outcome === 'unclear' || outcome === 'no_response')
  if (canRevoke && isUnclear) {
    probe = revocationProbe
    methodResults = await tryMethods(context, probe, authMethods)
  }
  const finding = summarizeMethods(methodResults, probe, context)
  results.isClientAccepted = finding.level !== 'FAILED'
  return [{ check: 'client', ...finding }]
}

async function tryMethods(
  context: DoctorContext,
  probe: Probe,
  authMethods: ClientAuthMethod[],
): Promise<MethodResult[]> {
  const methodResults: MethodResult[] = []
  for (const authMethod of authMethods) {
    // Each accepted method issues another machine token, and one is enough.
    if (probe.issuesToken && methodResults.some(({ outcome }) => outcome === 'accepted')) break
    // The check of the token endpoint has sent the probe with the configured method, the first one.
    const isKnown = probe !== revocationProbe && authMethod === authMethods[0]
    const result = isKnown ? context.results.tokenResponse : null
    methodResults.push(await tryMethod(context, probe, authMethod, result))
  }
  return methodResults
}

async function tryMethod(
  context: DoctorContext,
  probe: Probe,
  authMethod: ClientAuthMethod,
  knownResult: ProbeResult | null,
): Promise<MethodResult> {
  const { provider } = context
  const right = knownResult ?? (await probe.send(context, withClientAuth(provider, authMethod)))
  if (isUnavailable(right)) return { authMethod, outcome: 'no_response', code: null }
  const code = 'status' in right.response ? getErrorCode(right.response, provider) : null
  if (isClientRejected(right, probe, provider)) return { authMethod, outcome: 'rejected', code }
  const wrong = await probe.send(context, withClientAuth(provider, authMethod, createWrongSecret(context)))
  if (isUnavailable(wrong)) return { authMethod, outcome: 'no_response', code }
  const isSame = getSignature(right, provider) === getSignature(wrong, provider)
  return { authMethod, outcome: isSame ? 'unclear' : 'accepted', code }
}

/**
 * Creates a secret with the special characters of the configured one in the same places: some servers reject characters
 * that are not encoded before they compare secrets.
 */
function createWrongSecret({ provider, platform }: DoctorContext): string {
  const { secret = '' } = provider.client ?? {}
  const [...random] = platform.randomBytes(secret.length)
  const wrong = secret.replaceAll(/%..|[A-Za-z0-9]/gs, (match, index: number) =>
    match.startsWith('%') ? match : (alphabet[(random[index] ?? 0) % alphabet.length] ?? match),
  )
  return wrong === secret ? `${secret}x` : wrong
}

function summarizeMethods(
  methodResults: MethodResult[],
  probe: Probe,
  { config, provider }: DoctorContext,
): Omit<Finding, 'check'> {
  const endpoint = probe === revocationProbe ? 'the revocation endpoint' : 'the token endpoint'
  const accepted = methodResults.filter(({ outcome }) => outcome === 'accepted')
  // A server that tells a wrong secret apart with one method, and not with another, ignores the other.
  const [configured, ...alternatives] = methodResults.map((result) =>
    result.outcome === 'unclear' && result.code !== 'invalid_grant' && accepted.length > 0
      ? { ...result, outcome: 'rejected' as const }
      : result,
  )
  if (!configured)
    return { level: 'warn', message: 'unknown: no client authentication method could be tried' }
  const method = formatClientAuthMethod(configured.authMethod)
  const list = (outcome: MethodResult['outcome']): string[] =>
    alternatives
      .filter((result) => result.outcome === outcome)
      .map(({ authMethod }) => formatClientAuthMethod(authMethod))

  switch (configured.outcome) {
    case 'accepted':
      return {
        level: 'ok',
        message: [
          `${endpoint} accepts the client with ${method}`,
          ...formatPart('also with', list('accepted')),
          ...formatPart('not with', list('rejected')),
        ].join('; '),
      }
    case 'no_response':
      return {
        level: 'warn',
        message: `unknown: ${endpoint} is busy or does not respond`,
        fix: 'run this again later',
      }
    case 'unclear':
      return {
        level: 'warn',
        message: 'unknown: the server responds the same way to the configured secret and to a wrong one',
        fix: 'run this again with --sign-in',
      }
    case 'rejected': {
      const [better] = accepted
      if (better)
        return {
          level: 'FAILED',
          message: `the secret is right, but ${endpoint} rejects it with ${method}, as configured; it accepts ${list('accepted').join(', ')}`,
          fix: formatFix(better.authMethod, config),
        }
      return {
        level: 'FAILED',
        message: [
          `${endpoint} rejected the client with ${[method, ...list('rejected')].join(', ')}`,
          ...formatPart('unknown with', list('unclear')),
        ].join('; '),
        fix: `compare the client id ${JSON.stringify(provider.client?.id)} and the client secret${describeSecretSource(config.variables)} with those at the server. They may belong to another server, be out of date, or contain extra characters from copying`,
      }
    }
  }
}

function formatPart(label: string, methods: string[]): string[] {
  return methods.length === 0 ? [] : [`${label} ${methods.join(', ')}`]
}

function checkPublicClient({ response }: ProbeResult, { provider }: DoctorContext): Finding[] {
  const check = 'client'
  if (!('status' in response) || getErrorCode(response, provider) !== 'invalid_client')
    return [{ check, level: 'ok', message: 'the token endpoint requires no client secret' }]
  return provider.client
    ? [
        {
          check,
          level: 'FAILED',
          message: 'the token endpoint rejected the client id, or requires a secret',
          fix: 'compare the client id with the one at the server, and set the client secret if there is one',
        },
      ]
    : [
        {
          check,
          level: 'FAILED',
          message: 'the token endpoint requires a client id',
          fix: 'register a client at the server, and set its id and its secret',
        },
      ]
}

function formatFix({ clientAuth, basicEncoding }: ClientAuthMethod, config: DoctorConfig): string {
  const { preset, language } = config
  const options = formatOptions({ clientAuth, ...(clientAuth === 'basic' && { basicEncoding }) }, config)
  // Code does not show which preset it calls.
  if (language === 'code') return `set ${options} in oauth2(), or in each of the grants of a description`
  if (preset === null) return `set ${options} in each of grants`
  return presets[preset]?.options.includes('clientAuth') === true
    ? `set ${options}`
    : `the preset ${preset} has no option for this: describe the provider in full, with ${options} in each of grants`
}

function describeSecretSource(variables: { path: string; name: string }[]): string {
  const variable = variables.find(({ path }) => /secret$/i.test(path) && path.startsWith('provider'))
  return variable ? ` in ${variable.name}` : ''
}

function isUnavailable({ response }: ProbeResult): boolean {
  return 'hint' in response || response.status === 429 || response.status >= 500
}

/** A 401 of the token endpoint may concern the made-up credentials; that of a revocation endpoint concerns the client. */
function isClientRejected({ response }: ProbeResult, probe: Probe, provider: Provider): boolean {
  if ('hint' in response) return false
  return (
    getErrorCode(response, provider) === 'invalid_client' ||
    (probe === revocationProbe && response.status === 401)
  )
}

/** Returns what responses of the same meaning have in common. Their texts may contain a time or a request id. */
function getSignature({ response }: ProbeResult, provider: Provider): string {
  if ('hint' in response) return ''
  const body = parseJson(response.text, provider.response.json)
  const codes = provider.errors.code.map((pointer) => getByPointer(body, pointer) ?? null)
  return JSON.stringify([response.status, ...codes])
}
