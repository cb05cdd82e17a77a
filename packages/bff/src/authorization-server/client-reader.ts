import type { Client, Provider } from '../description/provider-description.ts'
import { parseJson } from '../json.ts'
import type { Logger } from '../log.ts'
import type { Platform } from '../platform.ts'
import { createSecretReader } from '../secret.ts'
import { readErrorCode } from './error-fields.ts'
import type { HttpResponse, UpstreamFailure } from './http-client.ts'

/** What a request to the authorization server brought. */
type ServerResponse = HttpResponse | UpstreamFailure

/** Reads the client that this BFF is, with its secret as text. */
export interface ClientReader {
  /**
   * Returns the client; `undefined` without one.
   *
   * @throws BffError `temporarily_unavailable` when the function of its secret fails
   */
  read(): Promise<Client | undefined>
  /**
   * Sends a request as the client. After the response `invalid_client` it reads the secret again, and sends the request
   * once more if the secret is another one: the server authenticates the client before it uses a grant (RFC 6749 §3.2.1).
   */
  sendAsClient(send: (client: Client | undefined) => Promise<ServerResponse>): Promise<ServerResponse>
}

/** @param timeout seconds that a function may take to read the secret */
export function createClientReader(
  provider: Provider,
  timeout: number,
  platform: Platform,
  logger: Logger,
): ClientReader {
  const { client } = provider
  if (!client?.readSecret) return { read: async () => client, sendAsClient: (send) => send(client) }
  const { id, readSecret } = client
  const reader = createSecretReader(readSecret, { name: 'the client secret', timeout, platform, logger })

  return {
    read: async () => ({ id, secret: await reader.read() }),
    async sendAsClient(send) {
      const secret = await reader.read()
      const response = await send({ id, secret })
      if (!isClientRejected(response, provider)) return response
      const nextSecret = await reader.readAgain(secret)
      if (nextSecret === secret) return response
      logger.info(
        'Client secret replaced: the authorization server rejected the one before, and gets the new one.',
      )
      return send({ id, secret: nextSecret })
    },
  }
}

function isClientRejected(response: ServerResponse, { errors, response: { json } }: Provider): boolean {
  if ('hint' in response) return false
  return readErrorCode(parseJson(response.text, json), errors.code) === 'invalid_client'
}
