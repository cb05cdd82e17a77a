import { defaultBasePath } from '@latchkey/wire'
import type { Bff } from './bff.ts'
import { describeLoadError, isBffError, parseEntryModule } from './entry-module.ts'
import { BffError } from './errors.ts'
import type { RouteResponse } from './route-response.ts'
import { createErrorResponse } from './route-response.ts'
import { hideSecrets } from './secret-values.ts'

/** Why the entry module could not be loaded. Contains no secret. */
export interface LoadFailure {
  message: string
  /** The message for the terminal. For an unexpected error it is followed by its places in the user's code. */
  log: string
}

/** A BFF as a server needs it. */
export type ServedBff = Pick<Bff, 'owns' | 'handle'>

/** Loads the BFFs of an entry module for each request. */
export interface EntryLoader {
  /** Resolves to the BFFs; while the module cannot be loaded, to one that responds with 500. */
  load: () => Promise<ServedBff[]>
  getFailure: () => LoadFailure | null
  /** After a failure, loads at once, and reports a failure again. */
  retry: () => Promise<void>
}

/** What an {@link EntryLoader} needs. */
export interface EntryLoaderOptions {
  /** The name of the module in messages. */
  entry: string
  importModule: () => Promise<unknown>
  /** Values to hide from messages. */
  listSecrets: () => string[]
  /** Is called once per failure, however many requests fail. */
  onFailure: (failure: LoadFailure) => void
  onRecovery?: () => void
}

/** Creates an {@link EntryLoader}. */
export function createEntryLoader({
  entry,
  importModule,
  listSecrets,
  onFailure,
  onRecovery,
}: EntryLoaderOptions): EntryLoader {
  let owns: Bff['owns'] = (pathname) => `${pathname}/`.startsWith(`${defaultBasePath}/`)
  let failure: LoadFailure | null = null

  return {
    load,
    getFailure: () => failure,
    async retry() {
      if (!failure) return
      failure = null
      await load()
      if (!failure) onRecovery?.()
    },
  }

  async function load(): Promise<ServedBff[]> {
    try {
      const bffs = parseEntryModule(entry, await importModule())
      owns = (pathname) => bffs.some((bff) => bff.owns(pathname))
      const hasRecovered = failure !== null
      failure = null
      if (hasRecovered) onRecovery?.()
      return bffs
    } catch (error) {
      const newFailure = createFailure(entry, error, listSecrets())
      const isReported = newFailure.message === failure?.message
      failure = newFailure
      if (!isReported) onFailure(failure)
      return [{ owns, handle: async () => createFailureResponse(entry) }]
    }
  }
}

function createFailure(entry: string, error: unknown, secrets: string[]): LoadFailure {
  const reason = isBffError(error) ? error.message : describeLoadError(error)
  const message = hideSecrets(`Loading ${entry} failed: ${reason}`, secrets)
  const places = isBffError(error) ? '' : hideSecrets(listPlaces(error), secrets)
  return { message, log: `[latchkey] ${message}${places}` }
}

/** Returns the lines of a stack that are in the user's code. */
function listPlaces(error: unknown): string {
  const { stack = '' } = Object(error) as { stack?: string }
  const [ownPart = ''] = stack.split(/\n.*\b(?:ESModulesEvaluator|ModuleRunner)\b/)
  return ownPart
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/node_modules|node:/.test(line))
    .map((line) => `\n${line}`)
    .join('')
}

function createFailureResponse(entry: string): RouteResponse {
  return createErrorResponse(
    new BffError('server_error', `${entry} could not be loaded. The reason is in the terminal`),
  )
}
