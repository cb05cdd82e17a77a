import { tryParseJson, getByPointer } from '../json.ts'
import type { Provider } from '../description/provider-description.ts'
import { parseOAuthChallenges } from './www-authenticate.ts'

type Rules = Provider['resource']['tokenRejection']
type Rule = NonNullable<Rules['refreshIf']>

const maxPeekBytes = 8192

/** A response of the resource server, and whether it rejects the token. */
export interface RejectionResult {
  /** The response; its body is still unread. */
  response: Response
  /** Whether a newer token may help. */
  rejected: boolean
}

/**
 * Detects whether a response rejects the token: by its status, its challenge and, when the provider's rules need it, its
 * body.
 *
 * @see RFC 6750 §3.1
 */
export async function detectRejection(response: Response, rules: Rules): Promise<RejectionResult> {
  if (!rules.status.includes(response.status)) return { response, rejected: false }
  const challenges = parseOAuthChallenges(response.headers.get('WWW-Authenticate') ?? '')
  if (challenges.some(({ params }) => params.get('error') === 'insufficient_scope'))
    return { response, rejected: false }
  if (!rules.refreshIf && !rules.ignoreIf) return { response, rejected: true }
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
async function peekBody(response: Response): Promise<{ start: string; whole: Response }> {
  const reader = response.body?.getReader()
  if (!reader) return { start: '', whole: response }
  const chunks: Uint8Array[] = []
  let size = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value)
    size += part.value.byteLength
    if (size > maxPeekBytes) break
  }
  const start = Buffer.concat(chunks)
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(start),
    async pull(stream) {
      const { done, value } = await reader.read()
      if (done) stream.close()
      else stream.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return { start: size > maxPeekBytes ? '' : start.toString(), whole: new Response(body, response) }
}
