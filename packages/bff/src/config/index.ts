/**
 * The options of a BFF from a JSON file, `latchkey.config.json`.
 *
 * @module
 */
import type { BffOptions } from '../bff-options.ts'
import { parseConfigDetails } from './config-details.ts'
import { defaultConfigFile, readConfigDetails } from './config-file.ts'
import type { Environment } from './environment.ts'

/**
 * Parses a configuration into options for `createBff`. Its member `provider` is a description, or the name of a preset
 * with its options; `${NAME}` in any string is replaced by an environment variable. A provider whose login is automatic
 * also needs `authorize`, which only code can add.
 *
 * @param file the name of the file, for messages
 * @throws BffError `server_error` whose message names the file and everything in it that is wrong, with what would be
 *   right
 * @example
 *   const text = '{ "provider": { "preset": "jamf", "site": "https://${HOST}" }, "mode": "proxy" }'
 *   const bff = createBff(parseConfig(text, process.env))
 */
export function parseConfig(text: string, environment: Environment, file = defaultConfigFile): BffOptions {
  return parseConfigDetails(text, environment, file).options
}

/**
 * Reads a configuration file into options for `createBff`.
 *
 * @throws BffError `server_error` as {@link parseConfig} does, and when the file cannot be read
 * @example
 *   const bff = createBff({ ...(await readConfigFile()), authorize })
 */
export async function readConfigFile(
  file = defaultConfigFile,
  environment: Environment = process.env,
): Promise<BffOptions> {
  return (await readConfigDetails(file, environment)).options
}
