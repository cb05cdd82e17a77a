import type { ResolvedOptions } from '../bff-options.ts'
import { BffError } from '../errors.ts'
import { describeError } from '../log.ts'
import { nodePlatform } from '../platform.ts'
import type { ReadSecret } from '../secret.ts'
import { runSecretFunction } from '../secret.ts'

/**
 * Returns the options with all secrets as text, because the doctor compares them and must not print them.
 *
 * @throws BffError `server_error` whose message names the file of the configuration and the secret that cannot be read
 */
export async function withReadSecrets(options: ResolvedOptions, file: string): Promise<ResolvedOptions> {
  const { provider, secret, timeout } = options
  const { client } = provider
  const secrets = await Promise.all(
    secret.map(async (item) => (typeof item === 'string' ? item : readText('secret', item))),
  )
  if (!client?.readSecret) return { ...options, secret: secrets }
  const text = await readText('client secret', client.readSecret)
  return { ...options, provider: { ...provider, client: { id: client.id, secret: text } }, secret: secrets }

  function readText(name: string, readSecret: ReadSecret): Promise<string> {
    return runSecretFunction(readSecret, timeout, nodePlatform).catch((error: unknown) => {
      const message = `${file} cannot be used: reading the ${name} failed: ${describeError(error)}`
      throw new BffError('server_error', message)
    })
  }
}
