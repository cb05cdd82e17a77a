import type { Config } from '../config/config-details.ts'
import type { Endpoints } from '../authorization-server/discovery.ts'
import type { Judgement } from '../authorization-server/token-result.ts'
import { formEncoded } from '../authorization-server/client-authentication.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import type { Upstream, UpstreamAnswer, UpstreamFailure } from '../authorization-server/http-client.ts'
import { createUpstream } from '../authorization-server/http-client.ts'
import type { Finding } from './finding.ts'

/** One configuration under examination. A check reads what others have learnt, and adds to it. */
export interface Examination {
  readonly config: Config
  readonly provider: Provider
  readonly platform: Platform
  readonly upstream: Upstream
  /** What a server wrote, fit to be printed: short, in visible characters, and without a secret that it repeats. */
  quoted: (words: string) => string
  /** Adds to what must never be printed. */
  hide: (secret: string) => void
  learnt: {
    /** `null` until they are known, and for good when they cannot be. */
    endpoints: Endpoints | null
    /** `false` once no connection can be had. */
    isReachable: boolean
    /** The first answer of the token endpoint, where it looks like one. */
    first: { answer: UpstreamAnswer; judgement: Judgement | null } | null
    /** `false` once the server has refused the client. */
    clientIsGood: boolean
  }
}

/** One thing to look at; nothing is found where it does not apply, or where what it needs is not there. */
export type Check = (examination: Examination) => Finding[] | Promise<Finding[]>

const longestQuotation = 200

export function createExamination(config: Config, platform: Platform): Examination {
  const { settings } = config
  const { provider } = settings
  const hidden = new Set<string>()
  const examination: Examination = {
    config,
    provider,
    platform,
    upstream: createUpstream(platform, settings.timeout),
    quoted(words) {
      const repeats = [...hidden].some((form) => words.includes(form))
      if (repeats) return '(not shown: it repeats a secret)'
      return words.slice(0, longestQuotation).replaceAll(/[^\u0020-\u007e]/g, '?')
    },
    hide(secret) {
      for (const form of [secret, encodeURIComponent(secret), formEncoded(secret), base64(secret)])
        if (form !== '') hidden.add(form)
    },
    learnt: { endpoints: null, isReachable: true, first: null, clientIsGood: true },
  }
  const { id = '', secret = '' } = provider.client ?? {}
  for (const one of [secret, `${id}:${secret}`, `${formEncoded(id)}:${formEncoded(secret)}`])
    if (secret !== '') examination.hide(one)
  examination.hide(settings.secret ?? '')
  for (const { path, value } of config.uses)
    if (/(secret|password|key|token)$/i.test(path)) examination.hide(value)
  return examination
}

/** Remembers the answers, for who wants to know more than what was made of them. */
export function noting(upstream: Upstream): Upstream & { answers: (UpstreamAnswer | UpstreamFailure)[] } {
  const answers: (UpstreamAnswer | UpstreamFailure)[] = []
  return {
    answers,
    async send(url, init) {
      const answer = await upstream.send(url, init)
      answers.push(answer)
      return answer
    },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
