import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/run.mjs'

/** Returns the Markdown files of the documentation, below `docs`, without those that are generated or installed. */
export function listPages(): string[] {
  const folders = ['', 'decisions']
  return folders.flatMap((folder) =>
    readdirSync(join(root, 'docs', folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(folder, file)),
  )
}
