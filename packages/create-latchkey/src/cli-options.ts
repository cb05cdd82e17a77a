import { parseArgs } from 'node:util'
import type { AppOptions } from './create-app.ts'
import type { Mode, ProviderName } from './providers.ts'
import { modes, providerNames } from './providers.ts'

export const help: string = `npm create latchkey [FOLDER] -- [--provider NAME] [--mode MODE] [--yes]

  Writes a React app with a sign-in page, its server and tests. The app starts offline, with the sandbox in place of
  the provider. pnpm, yarn and bun take the options without the first "--".

  FOLDER            a new or empty folder: my-app by default
  --provider NAME   ${formatList(providerNames)}
  --mode MODE       proxy, the default: the browser gets only a cookie; token: it also gets the access token
  --yes             asks nothing: what is not given has its default, which is axosoft for the provider
  --help            this text`

/** What the command was given; what is missing can be asked for. */
export interface CliOptions extends Partial<AppOptions> {
  readonly yes: boolean
}

/**
 * Parses the arguments of the command.
 *
 * @returns `null` for `--help`
 * @throws Error with a message for the terminal
 */
export function parseCliOptions(args: readonly string[]): CliOptions | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      provider: { type: 'string' },
      mode: { type: 'string' },
      yes: { type: 'boolean', short: 'y', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const [folder, ...others] = positionals
  if (others.length > 0) throw new Error('There is more than one folder. Expected: one.')
  return {
    ...(folder !== undefined && { folder }),
    ...(values.provider !== undefined && { provider: parseProvider(values.provider) }),
    ...(values.mode !== undefined && { mode: parseMode(values.mode) }),
    yes: values.yes,
  }
}

function parseProvider(text: string): ProviderName {
  const name = providerNames.find((candidate) => candidate.toLowerCase() === text.trim().toLowerCase())
  if (name === undefined) throw new Error(`--provider: is not known. Expected: ${providerNames.join(', ')}.`)
  return name
}

/** @throws Error with a message for the terminal */
export function parseMode(text: string): Mode {
  const mode = modes.find((candidate) => candidate === text.trim().toLowerCase())
  if (mode === undefined) throw new Error(`--mode: is not known. Expected: ${modes.join(' or ')}.`)
  return mode
}

function formatList(names: readonly string[]): string {
  const lines = ['']
  for (const name of names) {
    const line = lines.at(-1) ?? ''
    if (line.length + name.length > 88) lines.push(name)
    else lines[lines.length - 1] = line === '' ? name : `${line}, ${name}`
  }
  return lines.join(`,\n${' '.repeat(20)}`)
}
