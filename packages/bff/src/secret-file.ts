import { readFile } from 'node:fs/promises'
import { BffError } from './errors.ts'
import type { ReadSecret } from './secret.ts'

/**
 * Creates a function that reads a secret from a file, for the options `secret` and `clientSecret`. White space and byte
 * order marks at both ends do not count. A client secret is read again after a minute, and when the authorization server
 * rejects it, so that a replaced file takes effect without a restart.
 *
 * @example
 *   createBff({
 *     provider: keycloak({ issuer, clientId: 'portal', clientSecret: secretFile('/run/secrets/client') }),
 *     secret: secretFile('/run/secrets/session'),
 *   })
 */
export function secretFile(path: string): ReadSecret {
  return async () => {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException
      throw createFileError(`the file ${path} cannot be read (${code})`)
    })
    const secret = text.replaceAll(/^[\s\u{feff}]+|[\s\u{feff}]+$/gu, '')
    if (secret === '') throw createFileError(`the file ${path} is empty`)
    return secret
  }
}

function createFileError(hint: string): BffError {
  return new BffError('temporarily_unavailable', 'The file of a secret cannot be used', { hint })
}
