import { tryParseJson, getByPointer } from '../json.ts'
import type { Provider } from '../description/provider-description.ts'
import { parseOAuthChallenges } from './www-authenticate.ts'

type Rules = Provider['resource']['tokenRejection']
type Rule = NonNullable<Rules['refreshIf']>

const maxPeekBytes = 8192

/** An answer of the resource server, and whether it rejects the token, so that another one may help. */
export interface RejectionResult {
  /** With the body still to be read. */
  response: Response
  rejected: boolean
}

/**
 * Judges an answer of the resource server by its status, its challenge and, where the provider's rules name a place in
 * it, its body.
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
  const fits = ({ pointer, in: values }: Rule): boolean =>
    values.some((value) => value === getByPointer(body, pointer))
  return {
    response: whole,
    rejected: !(rules.ignoreIf && fits(rules.ignoreIf)) && (!rules.refreshIf || fits(rules.refreshIf)),
  }
}

/** The body if it is short, else nothing; and an answer that has all of it. */
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
