import type { ErrorResponse, SessionResponse } from '@latchkey/wire'
import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { createBff } from '../bff.ts'
import type { BffOptions } from '../bff-options.ts'
import { readBoundedText } from '../bounded-body.ts'
import type { TokenSet } from '../authorization-server/token-result.ts'
import { memoryStore } from '../stores/memory-store.ts'
import { parseTokenResponse } from '../authorization-server/token-response.ts'
import type { DoctorContext } from './doctor-context.ts'

/** What the BFF answered: the members of a session answer or of an error answer. */
export interface BffResponse extends Partial<SessionResponse & ErrorResponse> {
  status: number
}

/** A browser before a BFF with this configuration. */
export interface BffClient {
  send(method: string, path: string, body?: object): Promise<BffResponse>
  /** The last token that the server issued. */
  getTokenSet(): TokenSet | null
  /** What the BFF has noted for its operator since this was last asked. */
  takeLogLines(): string
  /** Sets the clock of the BFF forward. */
  advanceClock(seconds: number): void
  /** Waits for what the BFF does in the background. */
  close(): Promise<void>
}

/** Bytes of an answer that may hold a token. */
const maxResponseBytes = 65_536
/** Seconds; no session of a visit ends by itself. */
const forLong = 1e9

/** Opens a {@link BffClient}. It is token mode whatever the configuration says, so that a refresh can be asked for. */
export function createBffClient(context: DoctorContext): BffClient {
  const { config, provider, platform } = context
  const { proxy: _proxy, ...options } = config.options
  const origin = config.resolvedOptions.origin ?? 'https://latchkey.invalid'
  let ahead = 0
  let cookie = ''
  let tokenSet: TokenSet | null = null
  let lines: string[] = []
  const note = (line: string): void => void lines.push(line)

  const bff = createBff({
    ...options,
    provider: withBearer(options.provider),
    mode: 'token',
    origin,
    session: { idle: forLong, absolute: forLong },
    store: memoryStore(platform),
    logger: { info: () => {}, warn: note, error: note },
    platform: { ...platform, now: () => platform.now() + ahead * 1000, fetch: fetchAndRecord },
  })
  lines = []

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
      const recording = lines.map((line) => context.redact(line)).join('; ')
      lines = []
      return recording
    },
    advanceClock: (seconds) => void (ahead += seconds),
    close: () => bff.close(),
  }

  async function fetchAndRecord(...request: Parameters<typeof fetch>): Promise<Response> {
    const response = await platform.fetch(...request)
    const text = await readBoundedText(response.clone().body, maxResponseBytes)
    const { status, headers } = response
    const seen = { status, headers, text: text ?? '', retryAfter: null }
    const result = parseTokenResponse(seen, provider, 'sign-in', platform.now() + ahead * 1000)
    if (result.kind === 'issued') tokenSet = result.token
    return response
  }
}

/** Only proxy mode can show a token in another place, and no token is shown to anybody here. */
function withBearer(description: BffOptions['provider']): BffOptions['provider'] {
  const { resource } = description
  if (!resource?.tokenPlacement) return description
  const scheme = 'scheme' in resource.tokenPlacement ? resource.tokenPlacement.scheme : undefined
  return { ...description, resource: { ...resource, tokenPlacement: { scheme: scheme || 'Bearer' } } }
}
