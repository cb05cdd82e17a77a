/**
 * Options of a BFF from a JSON file: `latchkey.config.json`.
 *
 * @module
 */
import type { BffOptions } from '../bff-options.ts'
import { parseConfigDetails } from './config-details.ts'
import { defaultConfigFile, readConfigDetails } from './config-file.ts'
import type { Environment } from './environment.ts'

/**
 * The options of `createBff` that a configuration holds: `{ "provider": { "preset": "axosoft", … }, "mode": "proxy", … }`,
 * where `provider` is a description, or the name of a preset with its options. `${NAME}` in any text stands for an
 * environment variable. A provider whose login is automatic needs `authorize` beside what the file says:
 * `createBff({ ...options, authorize })`.
 *
 * @param file how the messages call it
 * @throws BffError `server_error` whose message names the file, each place that is wrong, and what would be right
 */
export function parseConfig(text: string, environment: Environment, file = defaultConfigFile): BffOptions {
  return parseConfigDetails(text, environment, file).options
}

/** The options that a file holds: see {@link parseConfig}. */
export async function readConfigFile(
  file = defaultConfigFile,
  environment: Environment = process.env,
): Promise<BffOptions> {
  return (await readConfigDetails(file, environment)).options
}
