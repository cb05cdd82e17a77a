#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { defaultConfigFile } from './config/config-file.ts'
import { runDoctor } from './doctor/doctor.ts'
import { createTerminalPrompt } from './doctor/terminal-prompt.ts'

const help = `latchkey doctor [--config FILE] [--sign-in]

  Checks a configuration against the live provider and says what to change. Prints no secret.

  --config FILE   the configuration; ${defaultConfigFile} when absent
  --sign-in       also signs a person in, refreshes once and signs out: asks for what to type, or takes
                  LATCHKEY_USERNAME, LATCHKEY_PASSWORD and the like from the environment
  --help          this

  Exit code: 0 nothing failed, 1 something did, 2 the file or the command cannot be used.`

process.exitCode = await run()

async function run(): Promise<number> {
  const given = readArguments()
  if (given?.values.help === true) {
    console.log(help)
    return 0
  }
  if (given?.positionals.join(' ') !== 'doctor') {
    console.error(help)
    return 2
  }
  const { env, stdin, stderr } = process
  return runDoctor({
    file: given.values.config,
    environment: env,
    ask:
      given.values['sign-in'] === true
        ? createTerminalPrompt(env, { input: stdin, output: stderr })
        : undefined,
    print: (line) => console.log(line),
  })
}

function readArguments(): ReturnType<typeof parsed> | null {
  try {
    return parsed()
  } catch (error) {
    console.error(`${(error as Error).message}\n`)
    return null
  }
}

function parsed() {
  return parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string', default: defaultConfigFile },
      'sign-in': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}
