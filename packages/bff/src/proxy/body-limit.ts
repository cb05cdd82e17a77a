import { BffError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { BodyStream } from '../route-response.ts'
import type { UpstreamResponse } from '../upstream.ts'

/**
 * Limits the body of a response. A longer one whose length is not known before ends early.
 *
 * @throws BffError `server_error` when the length is known
 */
export function withBodyLimit(
  response: UpstreamResponse,
  maxBytes: number,
  host: string,
  logger: Logger,
): UpstreamResponse {
  const { body, headers } = response
  if (maxBytes === Infinity || body === null) return response
  const hint = `the response is longer than ${maxBytes} bytes. Set maxResponseBytes of the route if it may be`
  if (Number(headers['content-length']) > maxBytes) {
    body.cancel()
    throw new BffError('server_error', 'The response of the resource server is too long', {
      status: 502,
      hint: `Proxy request to ${host} failed with 502: ${hint}`,
    })
  }
  const limitedBody: BodyStream = {
    takeWhole: () => null,
    cancel: () => body.cancel(),
    async *[Symbol.asyncIterator]() {
      let size = 0
      for await (const chunk of body) {
        size += chunk.byteLength
        if (size > maxBytes) {
          body.cancel()
          logger.warn(`Response of ${host} was cut: ${hint}`)
          throw new Error('The response is too long')
        }
        yield chunk
      }
    },
  }
  return { ...response, body: limitedBody }
}
