import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Environment } from '../config/environment.ts'
import { BffError } from '../errors.ts'
import type { Prompt } from './checks/sign-in.ts'

/** What is asked with, and where the question is written. */
export interface Terminal {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
}

/**
 * Answers from the environment (`LATCHKEY_USERNAME`, `LATCHKEY_PASSWORD`, `LATCHKEY_…` for any other field), else from
 * who sits before the terminal; what is hidden is not echoed.
 *
 * @throws BffError `invalid_request` when there is nobody to be asked
 */
export function createTerminalPrompt(environment: Environment, { input, output }: Terminal): Prompt {
  return async ({ name, label, hidden }) => {
    const variable = `LATCHKEY_${name.toUpperCase()}`
    const given = environment[variable]
    if (given !== undefined) return given
    if (!input.isTTY) throw new BffError('invalid_request', `Nobody can be asked here: set ${variable}`)
    const prompt = `${label}: `
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input, output: hidden ? nowhere : output, terminal: true })
    // Not before: from here on the terminal echoes nothing by itself.
    if (hidden) output.write(prompt)
    const nothing = new Promise<never>((_, reject) =>
      lines.once('close', () => reject(new BffError('invalid_request', 'Nothing was typed'))),
    )
    try {
      return await Promise.race([lines.question(hidden ? '' : prompt), nothing])
    } finally {
      lines.close()
      if (hidden) output.write('\n')
    }
  }
}
