import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Finds a program in the folders of PATH, then in further folders.
 *
 * @param {string[]} names the names that it may have, the preferred one first
 * @param {string[]} [folders]
 * @returns {string | null}
 */
export function findProgram(names, folders = []) {
  const { PATH = '' } = process.env
  const all = [...PATH.split(delimiter).filter((folder) => folder !== ''), ...folders]
  return (
    names.flatMap((name) => all.map((folder) => join(folder, name))).find((file) => existsSync(file)) ?? null
  )
}
