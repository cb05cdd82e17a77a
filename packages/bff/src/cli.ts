#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { defaultFiles } from './doctor/doctor-config.ts'
import { runDoctor } from './doctor/doctor.ts'
import { createTerminalPrompt } from './doctor/terminal-prompt.ts'

const help = `latchkey doctor [--config FILE] [--sign-in] [--base-path PATH]

  Checks a configuration against the live provider, and says what to change. Prints no secret. Reads .env files
  as vite dev does.

  --config FILE      a JSON file, or a module whose default export is a BFF or a list of BFFs (.ts, .mts, .js,
                     .mjs); default: the first of ${defaultFiles.join(', ')}
  --sign-in          also signs a user in, refreshes once and signs out. Prompts for the credentials, or reads
                     LATCHKEY_USERNAME, LATCHKEY_PASSWORD and so on from the environment
  --base-path PATH   checks only the BFF at this path, where a module exports several
  --help             prints this text

  Exit code: 0 no check failed, 1 a check failed, 2 invalid configuration or command.`

const exitCode = await run()
// The checked module may have opened connections, which would keep the process alive.
process.stdout.write('', () => process.exit(exitCode))

async function run(): Promise<number> {
  const args = readArguments()
  if (args?.values.help === true) {
    console.log(help)
    return 0
  }
  if (args?.positionals.join(' ') !== 'doctor') {
    console.error(help)
    return 2
  }
  const { env, stdin, stderr } = process
  return runDoctor({
    file: args.values.config,
    basePath: args.values['base-path'],
    environment: env,
    prompt: args.values['sign-in'] ? createTerminalPrompt(env, { input: stdin, output: stderr }) : undefined,
    print: (line) => console.log(line),
  })
}

function readArguments(): ReturnType<typeof parseArguments> | null {
  try {
    return parseArguments()
  } catch (error) {
    console.error(`${(error as Error).message}\n`)
    return null
  }
}

function parseArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      'base-path': { type: 'string' },
      'sign-in': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}
