import type { ConfigDetails } from '../config/config-details.ts'
import type { Endpoints } from '../authorization-server/discovery.ts'
import type { TokenResult } from '../authorization-server/token-result.ts'
import { formUrlEncode } from '../authorization-server/client-authentication.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import type { HttpClient, HttpResponse, UpstreamFailure } from '../authorization-server/http-client.ts'
import { createHttpClient } from '../authorization-server/http-client.ts'
import type { Finding } from './finding.ts'

/** One configuration under examination. A check reads what others have learnt, and adds to it. */
export interface DoctorContext {
  readonly config: ConfigDetails
  readonly provider: Provider
  readonly platform: Platform
  readonly httpClient: HttpClient
  /** What a server wrote, fit to be printed: short, in visible characters, and without a secret that it repeats. */
  redact: (words: string) => string
  /** Adds to what must never be printed. */
  addSecret: (secret: string) => void
  results: {
    /** `null` until they are known, and for good when they cannot be. */
    endpoints: Endpoints | null
    /** `false` once no connection can be had. */
    isReachable: boolean
    /** The first answer of the token endpoint, where it looks like one. */
    tokenResponse: { response: HttpResponse; result: TokenResult | null } | null
    /** `false` once the server has refused the client. */
    isClientAccepted: boolean
  }
}

/** One thing to look at; nothing is found where it does not apply, or where what it needs is not there. */
export type Check = (context: DoctorContext) => Finding[] | Promise<Finding[]>

const maxQuoteLength = 200

export function createDoctorContext(config: ConfigDetails, platform: Platform): DoctorContext {
  const { resolvedOptions } = config
  const { provider } = resolvedOptions
  const hidden = new Set<string>()
  const examination: DoctorContext = {
    config,
    provider,
    platform,
    httpClient: createHttpClient(platform, resolvedOptions.timeout),
    redact(words) {
      const repeats = [...hidden].some((form) => words.includes(form))
      if (repeats) return '(not shown: it repeats a secret)'
      return words.slice(0, maxQuoteLength).replaceAll(/[^\u0020-\u007e]/g, '?')
    },
    addSecret(secret) {
      for (const form of [secret, encodeURIComponent(secret), formUrlEncode(secret), base64(secret)])
        if (form !== '') hidden.add(form)
    },
    results: { endpoints: null, isReachable: true, tokenResponse: null, isClientAccepted: true },
  }
  const { id = '', secret = '' } = provider.client ?? {}
  for (const one of [secret, `${id}:${secret}`, `${formUrlEncode(id)}:${formUrlEncode(secret)}`])
    if (secret !== '') examination.addSecret(one)
  examination.addSecret(resolvedOptions.secret ?? '')
  for (const { path, value } of config.variables)
    if (/(secret|password|key|token)$/i.test(path)) examination.addSecret(value)
  return examination
}

/** Remembers the answers, for who wants to know more than what was made of them. */
export function createRecordingClient(
  httpClient: HttpClient,
): HttpClient & { answers: (HttpResponse | UpstreamFailure)[] } {
  const answers: (HttpResponse | UpstreamFailure)[] = []
  return {
    answers,
    async send(url, init) {
      const response = await httpClient.send(url, init)
      answers.push(response)
      return response
    },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
