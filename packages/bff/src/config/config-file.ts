import { readFile } from 'node:fs/promises'
import { BffError } from '../errors.ts'
import type { ConfigDetails } from './config-details.ts'
import { parseConfigDetails } from './config-details.ts'
import type { Environment } from './environment.ts'

/** The configuration file that is read when none is named. */
export const defaultConfigFile = 'latchkey.config.json'

/**
 * Reads and parses a configuration file.
 *
 * @throws BffError `server_error` as {@link parseConfigDetails} does, and when the file cannot be read
 */
export async function readConfigDetails(file: string, environment: Environment): Promise<ConfigDetails> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const issue =
      code === 'ENOENT'
        ? 'there is no such file. Name the file with --config'
        : `it cannot be read (${code}). Check its permissions`
    throw new BffError('server_error', `${file} cannot be used: ${issue}`)
  }
  return parseConfigDetails(text, environment, file)
}
