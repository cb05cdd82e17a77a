import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Environment } from '../config/environment.ts'
import { BffError } from '../errors.ts'
import type { Prompt } from './checks/sign-in.ts'

/** The streams of a terminal. */
export interface Terminal {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
}

/**
 * Creates a prompt that reads a field from the environment (`LATCHKEY_USERNAME`, `LATCHKEY_PASSWORD`, `LATCHKEY_…` for
 * any other field), or else from the terminal. Hidden fields are not echoed.
 *
 * @throws BffError `invalid_request` when the variable is not set and there is no terminal, or when it is closed
 */
export function createTerminalPrompt(environment: Environment, { input, output }: Terminal): Prompt {
  return async ({ name, label, isHidden }) => {
    const variable = `LATCHKEY_${name.toUpperCase()}`
    const value = environment[variable]
    if (value !== undefined) return value
    if (!input.isTTY)
      throw new BffError('invalid_request', `There is no terminal to prompt for ${label}. Set ${variable}`)
    const prompt = `${label}: `
    const discarded = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input, output: isHidden ? discarded : output, terminal: true })
    // Only now, because the terminal echoes until the interface has made it raw.
    if (isHidden) output.write(prompt)
    const closed = new Promise<never>((_, reject) =>
      lines.once('close', () => reject(new BffError('invalid_request', 'The prompt was closed'))),
    )
    try {
      return await Promise.race([lines.question(isHidden ? '' : prompt), closed])
    } finally {
      lines.close()
      if (isHidden) output.write('\n')
    }
  }
}
