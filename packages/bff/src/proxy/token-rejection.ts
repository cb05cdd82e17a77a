import type { BodyStream } from '../route-response.ts'
import type { UpstreamResponse } from '../upstream.ts'
import { tryParseJson, getByPointer } from '../json.ts'
import type { Provider } from '../description/provider-description.ts'
import { parseOAuthChallenges } from './www-authenticate.ts'

type Rules = Provider['resource']['tokenRejection']
type Rule = NonNullable<Rules['refreshIf']>

const maxPeekBytes = 8192

/** A response of the resource server, and whether it rejects the token. */
export interface RejectionResult {
  /** The response; its body is still unread. */
  response: UpstreamResponse
  /** Whether a newer token may help. */
  rejected: boolean
}

/**
 * Detects whether a response rejects the token: by its status, its challenge and, when the provider's rules need it, its
 * body.
 *
 * @see RFC 6750 §3.1
 */
export function detectRejection(
  response: UpstreamResponse,
  rules: Rules,
): RejectionResult | Promise<RejectionResult> {
  if (!rules.status.includes(response.status)) return { response, rejected: false }
  const challenges = parseOAuthChallenges(response.headers['www-authenticate'] ?? '')
  if (challenges.some(({ params }) => params.get('error') === 'insufficient_scope'))
    return { response, rejected: false }
  if (!rules.refreshIf && !rules.ignoreIf) return { response, rejected: true }
  return detectInBody(response, rules)
}

async function detectInBody(response: UpstreamResponse, rules: Rules): Promise<RejectionResult> {
  const { start, whole } = await peekBody(response)
  const body = tryParseJson(start)
  const matches = ({ pointer, in: values }: Rule): boolean =>
    values.some((value) => value === getByPointer(body, pointer))
  return {
    response: whole,
    rejected: !(rules.ignoreIf && matches(rules.ignoreIf)) && (!rules.refreshIf || matches(rules.refreshIf)),
  }
}

/** Reads a body of up to {@link maxPeekBytes} as text, or `''` when it is longer; and a response with the whole body. */
async function peekBody(response: UpstreamResponse): Promise<{ start: string; whole: UpstreamResponse }> {
  const { body } = response
  if (!body) return { start: '', whole: response }
  const chunks = body[Symbol.asyncIterator]()
  const startChunks: Uint8Array[] = []
  let size = 0
  for (let part = await chunks.next(); !part.done; part = await chunks.next()) {
    startChunks.push(part.value)
    size += part.value.byteLength
    if (size > maxPeekBytes) break
  }
  const start = Buffer.concat(startChunks)
  const whole: BodyStream = {
    takeWhole: () => null,
    cancel: () => body.cancel(),
    async *[Symbol.asyncIterator]() {
      yield start
      for (let part = await chunks.next(); !part.done; part = await chunks.next()) yield part.value
    },
  }
  return { start: size > maxPeekBytes ? '' : start.toString(), whole: { ...response, body: whole } }
}
