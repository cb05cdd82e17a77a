import type { ErrorResponse, SessionResponse } from '@latchkey/wire'
import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { createBff } from '../create-bff.ts'
import type { BffOptions } from '../bff-options.ts'
import { readBoundedText } from '../bounded-body.ts'
import type { TokenSet } from '../authorization-server/token-result.ts'
import { memoryStore } from '../stores/memory-store.ts'
import { parseTokenResponse } from '../authorization-server/token-response.ts'
import type { DoctorContext } from './doctor-context.ts'

/** The status and the JSON members of a BFF response. */
export interface BffResponse extends Partial<SessionResponse & ErrorResponse> {
  status: number
}

/** Uses a BFF of the checked configuration as a browser does. */
export interface BffClient {
  send(method: string, path: string, body?: object): Promise<BffResponse>
  /** Returns the last token that the authorization server issued. */
  getTokenSet(): TokenSet | null
  /** Returns the warnings and errors that the BFF has logged since the last call. */
  takeLogLines(): string
  advanceClock(seconds: number): void
  /** Waits for the background tasks of the BFF. */
  close(): Promise<void>
}

/** Longer token responses are not read. */
const maxResponseBytes = 65_536
/** Longer than any run of the doctor, whatever clock the BFF has. */
const sessionSeconds = 1e9

/** Creates a {@link BffClient}. Its BFF is in token mode whatever the configuration says, because only there a page can request a refresh. */
export function createBffClient(context: DoctorContext): BffClient {
  const { config, provider, platform } = context
  const { proxy: _proxy, ...options } = config.options
  const origin = config.resolvedOptions.origin ?? 'https://latchkey.invalid'
  let clockOffsetSeconds = 0
  let cookie = ''
  let tokenSet: TokenSet | null = null
  let logLines: string[] = []
  const log = (line: string): void => void logLines.push(line)
  const now = (): number => platform.now() + clockOffsetSeconds * 1000

  const bff = createBff({
    ...options,
    provider: withBearerToken(options.provider),
    mode: 'token',
    origin,
    session: { idle: sessionSeconds, absolute: sessionSeconds },
    store: memoryStore(platform),
    logger: { info: () => {}, warn: log, error: log },
    platform: { ...platform, now, monotonicNow: now, fetch: fetchAndRecord },
  })
  // Warnings of the start concern the configuration, not the sign-in.
  logLines = []

  return {
    async send(method, path, body) {
      const response = await bff.fetch(
        new Request(`${origin}${bff.basePath}${path}`, {
          method,
          headers: {
            [csrfHeader]: csrfHeaderValue,
            'Content-Type': 'application/json',
            'Sec-Fetch-Site': 'same-origin',
            Origin: origin,
            ...(cookie !== '' && { Cookie: cookie }),
          },
          ...(body && { body: JSON.stringify(body) }),
        }),
      )
      cookie = response.headers.get('Set-Cookie')?.split(';')[0] ?? cookie
      const text = await response.text()
      return {
        status: response.status,
        ...(text === '' ? {} : (JSON.parse(text) as Partial<SessionResponse>)),
      }
    },
    getTokenSet: () => tokenSet,
    takeLogLines() {
      const text = logLines.map((line) => context.redact(line)).join('; ')
      logLines = []
      return text
    },
    advanceClock: (seconds) => void (clockOffsetSeconds += seconds),
    close: () => bff.close(),
  }

  async function fetchAndRecord(...request: Parameters<typeof fetch>): Promise<Response> {
    const response = await platform.fetch(...request)
    const text = (await readBoundedText(response.clone().body, maxResponseBytes)) ?? ''
    const { status, headers } = response
    const result = parseTokenResponse({ status, headers, text, retryAfter: null }, provider, 'sign-in', now())
    if (result.kind === 'issued') tokenSet = result.token
    return response
  }
}

/** Token mode accepts bearer tokens only. The BFF of the doctor sends its token to no resource server. */
function withBearerToken(description: BffOptions['provider']): BffOptions['provider'] {
  const { resource } = description
  if (!resource?.tokenPlacement) return description
  const scheme = 'scheme' in resource.tokenPlacement ? resource.tokenPlacement.scheme : undefined
  return { ...description, resource: { ...resource, tokenPlacement: { scheme: scheme || 'Bearer' } } }
}
