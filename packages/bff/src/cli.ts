#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { defaultConfigFile } from './config/config-file.ts'
import { runDoctor } from './doctor/doctor.ts'
import { createTerminalPrompt } from './doctor/terminal-prompt.ts'

const help = `latchkey doctor [--config FILE] [--sign-in]

  Checks a configuration against the live provider, and says what to change. Prints no secret.

  --config FILE   the configuration; default ${defaultConfigFile}
  --sign-in       also signs a user in, refreshes once and signs out. Prompts for the credentials, or reads
                  LATCHKEY_USERNAME, LATCHKEY_PASSWORD and so on from the environment
  --help          prints this text

  Exit code: 0 no check failed, 1 a check failed, 2 invalid configuration or command.`

process.exitCode = await run()

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
      config: { type: 'string', default: defaultConfigFile },
      'sign-in': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}
