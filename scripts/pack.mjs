import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm } from './run.mjs'

/**
 * Packs every public package as it would be published. pnpm replaces `workspace:` ranges by versions.
 *
 * @param {string} folder an empty one
 * @returns {Promise<string[]>} the tarballs
 */
export async function pack(folder) {
  const { ok, output } = await pnpm(
    '--recursive',
    '--filter',
    './packages/*',
    'pack',
    '--pack-destination',
    folder,
  )
  if (!ok) throw new Error(output)
  return readdirSync(folder).map((file) => join(folder, file))
}
