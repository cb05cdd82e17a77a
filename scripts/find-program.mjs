import { existsSync, readdirSync } from 'node:fs'
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

/**
 * Finds the folder with the programs of a PostgreSQL server, which Debian keeps out of PATH.
 *
 * @returns {string | null}
 */
export function findPostgres() {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : []
  const { PATH = '' } = process.env
  const folders = [...versions.map((version) => join(root, version, 'bin')), ...PATH.split(delimiter)]
  return (
    folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))) ?? null
  )
}
