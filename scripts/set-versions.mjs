import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bin, tool } from './run.mjs'

/**
 * Turns the pending changesets into new versions and changelogs, and lets the examples name the new version: a copy of
 * an example installs its packages from the registry.
 *
 * @param {string} folder the root of the workspace
 * @returns {Promise<import('./run.mjs').Outcome>}
 */
export async function setVersions(folder) {
  const outcome = await tool(bin('@changesets/cli', 'changeset'), ['version'], { cwd: folder })
  if (!outcome.ok) return outcome
  const { version } = JSON.parse(readFileSync(join(folder, 'packages/wire/package.json'), 'utf8'))
  for (const example of listExamples(folder)) {
    const file = join(folder, 'examples', example, 'package.json')
    const manifest = readFileSync(file, 'utf8')
    writeFileSync(file, manifest.replaceAll(/("@latchkey\/\w+": )"[^"]*"/g, `$1"^${version}"`))
  }
  return outcome
}

/**
 * Lists the examples that are packages; the others are files to copy.
 *
 * @param {string} folder the root of the workspace
 */
export function listExamples(folder) {
  const entries = readdirSync(join(folder, 'examples'), { withFileTypes: true })
  return entries
    .filter(
      (entry) => entry.isDirectory() && existsSync(join(folder, 'examples', entry.name, 'package.json')),
    )
    .map(({ name }) => name)
}
