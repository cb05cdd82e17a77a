import type { ConnectionFailure } from '../authorization-server/connection-failure.ts'
import type { Endpoints } from '../authorization-server/discovery.ts'
import type { TokenResult } from '../authorization-server/token-result.ts'
import { formUrlEncode } from '../authorization-server/client-authentication.ts'
import type { Platform } from '../platform.ts'
import type { Provider } from '../description/provider-description.ts'
import type { HttpClient, HttpResponse } from '../authorization-server/http-client.ts'
import { createHttpClient } from '../authorization-server/http-client.ts'
import type { DoctorConfig } from './doctor-config.ts'
import type { Finding } from './finding.ts'

/** The configuration to check, and the results that checks share. */
export interface DoctorContext {
  readonly config: DoctorConfig
  readonly provider: Provider
  readonly platform: Platform
  readonly httpClient: HttpClient
  /** Makes a line of a log printable: visible characters only, and withheld when it contains a secret. */
  redact: (text: string) => string
  /** Makes a text of a server printable: as {@link DoctorContext.redact} does, and short. */
  quote: (text: string) => string
  /** Adds a text that is never printed, in its common encodings. */
  addSecret: (secret: string) => void
  results: {
    /** `null` while they are unknown. */
    endpoints: Endpoints | null
    /** `false` after a connection to the host failed. */
    isReachable: boolean
    /** The first response of the token endpoint; `null` when it was not that of a token endpoint. */
    tokenResponse: { response: HttpResponse; result: TokenResult | null } | null
    /** `false` after the server has rejected the client. */
    isClientAccepted: boolean
  }
}

/** Returns no finding when the check does not apply, or when a result that it needs is missing. */
export type Check = (context: DoctorContext) => Finding[] | Promise<Finding[]>

const maxQuoteLength = 200
/** Longer than any line of our own. */
const maxLogLineLength = 1000

/** Creates the context of one configuration. */
export function createDoctorContext(config: DoctorConfig, platform: Platform): DoctorContext {
  const { resolvedOptions } = config
  const { provider } = resolvedOptions
  const secrets = new Set<string>()
  const context: DoctorContext = {
    config,
    provider,
    platform,
    httpClient: createHttpClient(platform, resolvedOptions.timeout),
    redact(text) {
      if ([...secrets].some((secret) => text.includes(secret))) return '(not shown: it contains a secret)'
      return shorten(text, maxLogLineLength).replaceAll(/[^\u0020-\u007e§…]/g, '?')
    },
    quote: (text) => shorten(context.redact(text), maxQuoteLength),
    addSecret(secret) {
      for (const encoded of [secret, encodeURIComponent(secret), formUrlEncode(secret), toBase64(secret)])
        if (encoded !== '') secrets.add(encoded)
    },
    results: { endpoints: null, isReachable: true, tokenResponse: null, isClientAccepted: true },
  }
  const { id = '', secret = '' } = provider.client ?? {}
  for (const credentials of [secret, `${id}:${secret}`, `${formUrlEncode(id)}:${formUrlEncode(secret)}`])
    if (secret !== '') context.addSecret(credentials)
  for (const value of resolvedOptions.secret) if (typeof value === 'string') context.addSecret(value)
  for (const value of config.secrets) context.addSecret(value)
  return context
}

/** Wraps an {@link HttpClient} so that its responses can be read afterwards. */
export function createRecordingClient(
  httpClient: HttpClient,
): HttpClient & { responses: (HttpResponse | ConnectionFailure)[] } {
  const responses: (HttpResponse | ConnectionFailure)[] = []
  return {
    responses,
    async send(url, init) {
      const response = await httpClient.send(url, init)
      responses.push(response)
      return response
    },
  }
}

/** Cuts a text after a word. */
function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const end = text.lastIndexOf(' ', maxLength)
  return `${text.slice(0, end > 0 ? end : maxLength)} …`
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}
