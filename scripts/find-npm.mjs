import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'

/** The message for a machine on which {@link findNpm} found nothing. */
export const npmMissing =
  'npm was not found beside Node or in the PATH. Start this command with npm, for example npm test, or install Node with npm from https://nodejs.org.'

/**
 * Finds the JavaScript file behind the command `npm` or `npx`. Node can run it directly. The command itself is a batch
 * file on Windows, which needs a shell, and a shell splits arguments at spaces.
 *
 * @param {'npm' | 'npx'} command
 * @param {{ env?: NodeJS.ProcessEnv, node?: string }} [machine] the environment, and the path of the Node program
 * @returns {string | null}
 */
export function findNpm(command, { env = process.env, node = process.execPath } = {}) {
  const cli = `${command}-cli.js`
  const { npm_execpath: runningCli = '', PATH = '', Path = PATH } = env
  // Set by npm for everything it starts; other package managers put their own file there.
  const running = /^np[mx]-cli\.js$/.test(basename(runningCli)) ? [join(dirname(runningCli), cli)] : []
  const folders = [dirname(node), ...Path.split(delimiter).filter((folder) => folder !== '')]
  const installed = folders.flatMap((folder) => [
    join(folder, 'node_modules/npm/bin', cli),
    join(folder, '../lib/node_modules/npm/bin', cli),
    followLink(join(folder, command)),
  ])
  return [...running, ...installed].find((file) => basename(file) === cli && existsSync(file)) ?? null
}

/** @param {string} file */
function followLink(file) {
  return existsSync(file) ? realpathSync(file) : file
}
