import { stripVTControlCharacters } from 'node:util'
import type { Bff } from './bff.ts'
import { BffError } from './errors.ts'

/**
 * Returns the BFFs that a module exports by default: one, or a list.
 *
 * @param entry the name of the module in error messages
 * @throws BffError `server_error` when there is none, or when two have the same base path
 */
export function parseEntryModule(entry: string, module: unknown): Bff[] {
  const { default: exported } = Object(module) as { default?: unknown }
  const bffs: unknown[] = Array.isArray(exported) ? exported : [exported]
  if (bffs.length === 0 || !bffs.every(isBff))
    throw new BffError('server_error', `${entry} must have a default export: export default createBff({ … })`)
  const duplicate = bffs.find(
    ({ basePath }, index) => bffs.findIndex((bff) => bff.basePath === basePath) < index,
  )
  if (duplicate)
    throw new BffError(
      'server_error',
      `${entry} exports two BFFs at ${duplicate.basePath}. Give each its own basePath`,
    )
  return bffs
}

/** Whether a module threw a `BffError`, whose message contains no secret. A module may load its own copy of this package. */
export function isBffError(error: unknown): error is BffError {
  return error instanceof BffError || (error instanceof Error && error.name === 'BffError')
}

/** Describes why a module could not be loaded, on one line, without the source code that compilers quote. */
export function describeLoadError(error: unknown): string {
  if (!(error instanceof Error)) return 'it threw a value that is not an error'
  const text = stripVTControlCharacters(error.message)
  const [, location] = /\[ (\S+:\d+:\d+) \]/.exec(text) ?? []
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/[\u2500-\u257f]/.test(line))
  const message = lines.map((line) => line.trim()).join(' ')
  const name = error.name === 'Error' ? '' : `${error.name}: `
  return `${name}${message}${location === undefined ? '' : ` (${location})`}`
}

function isBff(value: unknown): value is Bff {
  const { basePath, owns, handle } = Object(value) as Partial<Record<keyof Bff, unknown>>
  return typeof basePath === 'string' && typeof owns === 'function' && typeof handle === 'function'
}
