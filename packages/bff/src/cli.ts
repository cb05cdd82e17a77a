#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { defaultFiles } from './doctor/doctor-config.ts'
import { runDoctor } from './doctor/doctor.ts'
import { formatJsonError } from './doctor/report.ts'
import { createTerminalPrompt } from './doctor/terminal-prompt.ts'
import { consoleLogger, describeError } from './log.ts'
import { resolveServeOptions } from './serve/serve-options.ts'
import type { RunningServer } from './serve/serve.ts'
import { startServer } from './serve/serve.ts'

const help = `latchkey doctor [--config FILE] [--base-path PATH] [--mode MODE] [--json] [--sign-in]
latchkey check [--config FILE] [--base-path PATH] [--mode MODE] [--json]
latchkey serve [--config FILE] [--root FOLDER] [--host HOST] [--port PORT] [--store FOLDER]
               [--tls-cert FILE --tls-key FILE] [--csp POLICY]

  doctor checks a configuration against the live provider, and says what to change. check does the same without
  sending a request, for example in CI. Neither prints a secret. Both read .env files as vite dev does.

  --config FILE      a JSON file, or a module whose default export is a BFF or a list of BFFs (.ts, .mts, .js,
                     .mjs); default: the first of ${defaultFiles.join(', ')}
  --base-path PATH   checks only the BFF at this path, where a module exports several
  --mode MODE        also reads .env.MODE and .env.MODE.local, as Vite does; default: production if NODE_ENV is
                     production, else development
  --json             prints one JSON document
  --sign-in          also signs a user in, refreshes once and signs out. Prompts for the credentials, or reads
                     LATCHKEY_USERNAME, LATCHKEY_PASSWORD and so on from the environment
  --help             prints this text

  serve runs the built page and its BFF on one origin. SIGHUP reloads the configuration, SIGTERM ends the server.

  --root FOLDER      the built page; default: dist
  --host HOST        default: HOST of the environment, else 127.0.0.1
  --port PORT        default: PORT of the environment, else 3000; 0 for a free one
  --store FOLDER     the embedded store, for BFFs without a store; default: .latchkey/sessions
  --tls-cert FILE    the certificate chain, and --tls-key FILE its key, both PEM; without them: http
  --csp POLICY       replaces the content security policy of the page


  Exit code: 0 no check failed, 1 a check failed, 2 invalid configuration or command.`

const writeOutput = process.stdout.write.bind(process.stdout)
const exitCode = await run()
// The checked module may have opened connections, which would keep the process alive.
writeOutput('', () => process.exit(exitCode))

async function run(): Promise<number> {
  const args = readArguments()
  if (!args) return 2
  const { values, positionals } = args
  const command = positionals.join(' ')
  if (values.help === true) {
    console.log(help)
    return 0
  }
  if (command === 'serve') return serve(values)
  if (command !== 'doctor' && command !== 'check') return rejectArguments('', values.json)
  if (command === 'check' && values['sign-in'] === true)
    return rejectArguments('check sends no request, so it has no --sign-in: use latchkey doctor', values.json)

  const { env, stdin, stderr } = process
  if (values.json === true) reserveOutput()
  return runDoctor({
    file: values.config,
    basePath: values['base-path'],
    mode: values.mode,
    environment: env,
    isOffline: command === 'check',
    prompt: values['sign-in'] ? createTerminalPrompt(env, { input: stdin, output: stderr }) : undefined,
    json: values.json,
    print: (line) => void writeOutput(`${line}\n`),
  })
}

/** Resolves when a signal has ended the server. */
async function serve(values: ReturnType<typeof parseArguments>['values']): Promise<number> {
  let server: RunningServer
  try {
    server = await startServer(await resolveServeOptions(values, process.env), process.env, consoleLogger)
  } catch (error) {
    consoleLogger.error(describeError(error))
    return 2
  }
  process.on('SIGHUP', () => void server.reload())
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  await server.stop()
  return 0
}

/** Sends everything that the checked module prints to the error output, which leaves the output to the document. */
function reserveOutput(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr)
}

function rejectArguments(message: string, json = false): 2 {
  console.error(message === '' ? help : `${message}\n\n${help}`)
  if (json) console.log(formatJsonError(message === '' ? 'unknown command' : message))
  return 2
}

function readArguments(): ReturnType<typeof parseArguments> | null {
  try {
    return parseArguments()
  } catch (error) {
    rejectArguments((error as Error).message)
    return null
  }
}

function parseArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      'base-path': { type: 'string' },
      mode: { type: 'string' },
      root: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      store: { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      csp: { type: 'string' },
      json: { type: 'boolean' },
      'sign-in': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}
