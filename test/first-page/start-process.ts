import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createChildEnv } from '../../scripts/run.mjs'

export interface StartedProcess {
  /** The match in its output. */
  readonly match: RegExpExecArray
  /** Sends SIGTERM and resolves with the exit code. */
  readonly stop: () => Promise<number | null>
}

/**
 * Starts a program and waits until its output matches a pattern.
 *
 * @throws Error with the output if the program ends before
 */
export async function startProcess(
  program: string,
  args: string[],
  pattern: RegExp,
  cwd: string,
  env: Record<string, string> = {},
): Promise<StartedProcess> {
  const child = spawn(program, args, {
    cwd,
    // Vitest sets NODE_ENV to "test", and a variable that is set wins over a file.
    env: { ...createChildEnv(), NODE_ENV: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  let output = ''
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const read = (text: string): void => {
      output += text
      const found = pattern.exec(output)
      if (found) resolve(found)
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    ended.then(
      () => reject(new Error(`${program} ended before its output matched ${pattern}:\n${output}`)),
      reject,
    )
  })
  return {
    match,
    async stop() {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}
