import { jsonFrom, valueAt } from '../../json.ts'
import type { Provider } from '../../description/provider-description.ts'
import { presets } from '../../config/presets.ts'
import type { Check, Examination } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
import type { Probe, Probed } from '../probe.ts'
import { revocationProbe, tokenProbe } from '../probe.ts'
import { codeOf } from './token-endpoint.ts'
import type { Way } from '../client-auth-methods.ts'
import { nameOf, shownBy, waysOf } from '../client-auth-methods.ts'

/** What became of one way: `unclear` where a made-up secret fares no worse, `unanswered` where nothing came back. */
interface Tried {
  way: Way
  outcome: 'accepted' | 'refused' | 'unclear' | 'unanswered'
  code: string | null
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz'

/**
 * Finds out how the server knows its client. Every way is tried with the secret and, where that is not refused, with a
 * made-up one: only a server that tells the two apart has accepted anything.
 */
export const clientAuthentication: Check = async (examination) => {
  const { provider, learnt } = examination
  const { first, endpoints } = learnt
  if (!first || !endpoints) return []
  const probe = tokenProbe(provider)
  const ways = waysOf(provider, probe.kind)
  const [configured] = ways
  if (!configured) return []
  if (configured.clientAuth === 'none') return withoutSecret(first, examination)

  const probes = [
    probe,
    ...(endpoints.revocation !== null && provider.revocation?.auth !== 'bearer' ? [revocationProbe] : []),
  ]
  let tried: Tried[] = []
  for (const one of probes) {
    tried = []
    for (const way of ways) {
      // An application's token is asked for as often as it is needed, and no more.
      if (one.issues && tried.some(({ outcome }) => outcome === 'accepted')) break
      tried.push(await tryOut(examination, one, way, one === probe && way === configured ? first : null))
    }
    if (tried.some(({ outcome }) => outcome === 'accepted' || outcome === 'refused')) break
  }
  const finding = judged(tried, examination)
  learnt.clientIsGood = finding.verdict !== 'FAILED'
  return [{ check: 'client', ...finding }]
}

async function tryOut(
  examination: Examination,
  probe: Probe,
  way: Way,
  known: Probed | null,
): Promise<Tried> {
  const { provider } = examination
  const right = known ?? (await probe.send(examination, shownBy(provider, way)))
  if (isUnanswered(right)) return { way, outcome: 'unanswered', code: null }
  const code = 'status' in right.answer ? codeOf(right.answer, provider) : null
  if (isRefusal(right, probe, provider)) return { way, outcome: 'refused', code }
  const wrong = await probe.send(examination, shownBy(provider, way, anotherSecret(examination)))
  if (isUnanswered(wrong)) return { way, outcome: 'unanswered', code }
  const alike = likenessOf(right, provider) === likenessOf(wrong, provider)
  return { way, outcome: alike ? 'unclear' : 'accepted', code }
}

/**
 * Nobody's secret, in the shape of the right one: some servers refuse characters that are not encoded before they look
 * at what they say.
 */
function anotherSecret({ provider, platform }: Examination): string {
  const { secret = '' } = provider.client ?? {}
  const [...random] = platform.randomBytes(secret.length)
  const other = secret.replaceAll(/%..|[A-Za-z0-9]/gs, (own, place: number) =>
    own.startsWith('%') ? own : (alphabet[(random[place] ?? 0) % alphabet.length] ?? own),
  )
  return other === secret ? `${secret}x` : other
}

function judged(all: Tried[], { config, provider }: Examination): Omit<Finding, 'check'> {
  const accepted = all.filter(({ outcome }) => outcome === 'accepted')
  // A server that tells secrets apart in another way, and not in this one, does not look at this one.
  const tried = all.map((one) =>
    one.outcome === 'unclear' && one.code !== 'invalid_grant' && accepted.length > 0
      ? { ...one, outcome: 'refused' as const }
      : one,
  )
  const [configured, ...others] = tried
  if (!configured) return { verdict: 'warn', says: 'no way could be tried' }
  const name = nameOf(configured.way)
  const list = (outcome: Tried['outcome']): string =>
    others
      .filter((one) => one.outcome === outcome)
      .map(({ way }) => nameOf(way))
      .join(', ')
  const also = list('accepted')
  const not = list('refused')

  switch (configured.outcome) {
    case 'accepted':
      return {
        verdict: 'ok',
        says: `the secret is right, and accepted by ${name}${also && `; also by ${also}`}${not && `; not by ${not}`}`,
      }
    case 'unanswered':
      return {
        verdict: 'warn',
        says: 'the server is busy or gives no answer, so that nothing could be seen',
        fix: 'run this again later',
      }
    case 'unclear':
      return {
        verdict: 'warn',
        says: 'cannot be seen: the server answers alike to the configured secret and to a made-up one',
        fix: 'sign in with --sign-in to be sure',
      }
    case 'refused': {
      const [better] = accepted
      if (better)
        return {
          verdict: 'FAILED',
          says: `the secret is right, but not accepted by ${name}, as configured; accepted by ${also}`,
          fix: wayTo(better.way, config.preset),
        }
      const unclear = list('unclear')
      return {
        verdict: 'FAILED',
        says: `the client is refused${unclear ? ` by ${name}; cannot be seen by ${unclear}` : `, by ${[name, not].filter(Boolean).join(', ')}`}`,
        fix: `compare the client id ${JSON.stringify(provider.client?.id)} and the client secret${secretFrom(config.uses)} with what the server has: was either made for another server, replaced, or copied with something around it?`,
      }
    }
  }
}

function withoutSecret({ answer }: Probed, { provider }: Examination): Finding[] {
  const check = 'client'
  const { client } = provider
  if (!('status' in answer) || codeOf(answer, provider) !== 'invalid_client')
    return [{ check, verdict: 'ok', says: 'the client shows no secret, and none is asked for' }]
  return [
    {
      check,
      verdict: 'FAILED',
      says: client ? 'the client id is refused, or needs a secret' : 'the server wants to know the client',
      fix: client
        ? 'compare the client id, and give its secret if it has one'
        : 'register a client there, and give its id and secret',
    },
  ]
}

/** Where a setting is written. */
function wayTo({ clientAuth, basicEncoding }: Way, preset: string | null): string {
  const values = `"clientAuth": "${clientAuth}"${clientAuth === 'basic' ? `, "basicEncoding": "${basicEncoding}"` : ''}`
  if (preset === null) return `write ${values} in each of grants`
  return presets[preset]?.options.includes('clientAuth') === true
    ? `write ${values}`
    : `the preset ${preset} has no option for this: describe the provider in full, with ${values} in each of grants`
}

function secretFrom(uses: { path: string; name: string }[]): string {
  const found = uses.find(({ path }) => /secret$/i.test(path) && path.startsWith('provider'))
  return found ? ` in ${found.name}` : ''
}

function isUnanswered({ answer }: Probed): boolean {
  return 'why' in answer || answer.status === 429 || answer.status >= 500
}

/** At the token endpoint a 401 alone may speak of what was made up; a revocation endpoint speaks of the client. */
function isRefusal({ answer }: Probed, probe: Probe, provider: Provider): boolean {
  if ('why' in answer) return false
  return codeOf(answer, provider) === 'invalid_client' || (probe === revocationProbe && answer.status === 401)
}

/** What two answers have in common that mean the same; their words may name the moment, or the request. */
function likenessOf({ answer }: Probed, { response, errors }: Provider): string {
  if ('why' in answer) return ''
  const body = jsonFrom(answer.text, response.json)
  return JSON.stringify([answer.status, ...errors.code.map((place) => valueAt(body, place) ?? null)])
}
