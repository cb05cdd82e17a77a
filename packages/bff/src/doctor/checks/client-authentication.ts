import { parseJson, getByPointer } from '../../json.ts'
import type { Provider } from '../../description/provider-description.ts'
import type { Check, DoctorContext } from '../doctor-context.ts'
import type { Probe, ProbeResult } from '../probe.ts'
import { revocationProbe, createSignInProbe, createTokenProbe } from '../probe.ts'
import { getErrorCode, isHtml } from './token-endpoint.ts'
import type { ClientAuthMethod } from '../client-auth-methods.ts'
import { withClientAuth, listClientAuthMethods } from '../client-auth-methods.ts'
import type { MethodResult, ProbeEvidence } from '../client-findings.ts'
import { describeClient } from '../client-findings.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz'

/**
 * Finds the methods by which the server authenticates its client. Each method is tried with the configured secret and,
 * unless the server rejects that, with a wrong one: a server that responds in the same way to both has accepted nothing.
 * A client without a secret is compared with a client id that is made up. Further probes follow while nothing is clear.
 */
export const checkClientAuthentication: Check = async (context) => {
  const { provider, results } = context
  if (!results.tokenResponse || !results.endpoints) return []
  const authMethods = listClientAuthMethods(provider, createTokenProbe(provider).kind)
  if (authMethods.length === 0) return []

  let evidence: ProbeEvidence | null = null
  for (const probe of listProbes(context)) {
    const methodResults = await tryMethods(context, probe, authMethods)
    const next = { probe, methodResults }
    if (!evidence || getWeight(next) > getWeight(evidence)) evidence = next
    if (getWeight(evidence) >= clearWeight) break
  }
  if (!evidence) return []
  const finding = describeClient(evidence, context)
  results.isClientAccepted = finding.level !== 'FAILED'
  return [{ check: 'client', ...finding }]
}

/** Lists the probes, the one with the fewest effects first. The check of the token endpoint has sent the first one. */
function listProbes({ provider, results }: DoctorContext): Probe[] {
  const tokenProbe = createTokenProbe(provider)
  const signInProbe = createSignInProbe(provider)
  const canRevoke = results.endpoints?.revocation !== null && provider.revocation?.auth !== 'bearer'
  const canSignIn = tokenProbe.kind !== signInProbe.kind && !signInProbe.issuesToken
  return [tokenProbe, ...(canRevoke ? [revocationProbe] : []), ...(canSignIn ? [signInProbe] : [])]
}

const clearWeight = 2

/** A revocation endpoint that rejects every method may be another endpoint, so its rejection alone weighs less. */
function getWeight({ probe, methodResults }: ProbeEvidence): number {
  if (methodResults.some(({ outcome }) => outcome === 'accepted')) return clearWeight
  if (methodResults[0]?.outcome !== 'rejected') return 0
  return probe === revocationProbe ? 1 : clearWeight
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
    // The check of the token endpoint has sent its probe with the configured method, the first one.
    const isKnown = probe.kind === createTokenProbe(context.provider).kind && authMethod === authMethods[0]
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
  const isRejected = isClientRejected(right, probe, provider)
  if (isRejected && code !== 'unauthorized_client') return { authMethod, outcome: 'rejected', code }
  const wrongProvider = createWrongProvider(context, authMethod)
  if (!wrongProvider) return { authMethod, outcome: isRejected ? 'rejected' : 'unclear', code }
  const wrong = await probe.send(context, wrongProvider)
  if (isUnavailable(wrong)) return { authMethod, outcome: 'no_response', code }
  if (getSignature(right, provider) !== getSignature(wrong, provider))
    return { authMethod, outcome: 'accepted', code }
  return { authMethod, outcome: isRejected ? 'rejected' : 'unclear', code }
}

/** Returns the provider with a wrong secret, or with a wrong client id where there is no secret; `null` without a client. */
function createWrongProvider(context: DoctorContext, authMethod: ClientAuthMethod): Provider | null {
  const { provider } = context
  if (authMethod.clientAuth !== 'none')
    return withClientAuth(provider, authMethod, createWrongSecret(context))
  return (
    (provider.client && { ...provider, client: { id: createWrongClientId(provider.client.id, context) } }) ||
    null
  )
}

/** Creates a client id of the same form, because some servers accept no other, such as numbers or UUIDs. */
function createWrongClientId(id: string, { platform }: DoctorContext): string {
  const [...random] = platform.randomBytes(id.length)
  const pick = (letters: string, index: number): string =>
    letters[(random[index] ?? 0) % letters.length] ?? ''
  const wrong = id.replaceAll(/[A-Za-z0-9]/g, (letter, index: number) =>
    pick(/\d/.test(letter) ? '123456789' : letter < 'a' ? 'ABCDEF' : 'abcdef', index),
  )
  return wrong === id ? `${id}1` : wrong
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

function isUnavailable({ response }: ProbeResult): boolean {
  return 'hint' in response || response.status === 429 || response.status >= 500
}

/**
 * A 401 of the token endpoint may concern the made-up credentials, unless its code or `errors.map` says otherwise. A 401
 * or 403 of a revocation endpoint concerns the client, unless it is a page, such as that of a firewall.
 */
function isClientRejected({ response, result }: ProbeResult, probe: Probe, provider: Provider): boolean {
  if ('hint' in response) return false
  const { status } = response
  const code = getErrorCode(response, provider)
  if (code === 'invalid_client' || code === 'invalid_client_metadata') return true
  if (probe === revocationProbe) return (status === 401 || status === 403) && !isHtml(response)
  const concernsClient = code === null || code === 'unauthorized_client'
  return status === 401 && concernsClient && result?.kind === 'configuration_error'
}

/** Returns what responses of the same meaning have in common. Their texts may contain a time or a request id. */
function getSignature({ response }: ProbeResult, provider: Provider): string {
  if ('hint' in response) return ''
  const body = parseJson(response.text, provider.response.json)
  const codes = provider.errors.code.map((pointer) => getByPointer(body, pointer) ?? null)
  return JSON.stringify([response.status, ...codes])
}
