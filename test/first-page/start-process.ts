import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface StartedProcess {
  /** The match of the pattern that was waited for. */
  readonly match: RegExpMatchArray
  readonly getOutput: () => string
  /** Sends SIGTERM and resolves with the exit code. */
  readonly stop: () => Promise<number | null>
}

export interface StartOptions {
  readonly cwd: string
  /** Added to the environment of this process. */
  readonly env?: Record<string, string>
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
  { cwd, env }: StartOptions,
): Promise<StartedProcess> {
  const child = spawn(program, args, {
    cwd,
    // Vitest sets NODE_ENV to "test" and colors the output.
    env: { ...process.env, NODE_ENV: undefined, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  let output = ''
  const match = await new Promise<RegExpMatchArray>((resolve, reject) => {
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
    getOutput: () => output,
    async stop() {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}
