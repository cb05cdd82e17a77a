import { readFile } from 'node:fs/promises'
import { BffError } from '../errors.ts'
import type { ConfigDetails } from './config-details.ts'
import { parseConfigDetails } from './config-details.ts'
import type { Environment } from './environment.ts'

/** Where the configuration is looked for unless it is told otherwise. */
export const defaultConfigFile = 'latchkey.config.json'

/**
 * Reads the configuration that a file holds.
 *
 * @throws BffError `server_error` as {@link parseConfigDetails} does, and when there is no such file
 */
export async function readConfigDetails(file: string, environment: Environment): Promise<ConfigDetails> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT' ? 'there is no such file; name it with --config' : `it cannot be read (${code})`
    throw new BffError('server_error', `${file} cannot be used: ${why}`)
  }
  return parseConfigDetails(text, environment, file)
}
