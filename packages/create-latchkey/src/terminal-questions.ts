import type { Interface } from 'node:readline/promises'
import { parseMode } from './cli-options.ts'
import type { AppOptions } from './create-app.ts'
import { providerNames, providers } from './providers.ts'
import type { Mode, ProviderName } from './providers.ts'

/** The answers to questions that the user leaves empty. */
export const defaults: AppOptions = { folder: 'my-app', provider: 'axosoft', mode: 'proxy' }

/** Reads what the command was not given from a terminal. A question that cannot be understood is repeated. */
export async function readAppOptions(
  terminal: Pick<Interface, 'question'>,
  { folder, provider, mode }: Partial<AppOptions>,
): Promise<AppOptions> {
  return {
    folder: folder ?? ((await terminal.question(`Folder (${defaults.folder}): `)).trim() || defaults.folder),
    provider: provider ?? (await readProvider(terminal)),
    mode: mode ?? (await readMode(terminal)),
  }
}

async function readProvider(terminal: Pick<Interface, 'question'>): Promise<ProviderName> {
  const list = providerNames.map(
    (name, index) => `${String(index + 1).padStart(4)}  ${providers[name].label}`,
  )
  const question = `${list.join('\n')}\nProvider, by number or name (1): `
  for (;;) {
    const answer = (await terminal.question(question)).trim().toLowerCase() || '1'
    const name =
      providerNames[Number(answer) - 1] ??
      providerNames.find((candidate) =>
        [candidate, providers[candidate].label].some((text) => text.toLowerCase() === answer),
      )
    if (name !== undefined) return name
  }
}

async function readMode(terminal: Pick<Interface, 'question'>): Promise<Mode> {
  const question = `What the browser gets: only a cookie (proxy), or also the access token (token)\nMode (${defaults.mode}): `
  for (;;) {
    const answer = (await terminal.question(question)).trim() || defaults.mode
    try {
      return parseMode(answer)
    } catch {
      continue
    }
  }
}
