import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from './find-program.mjs'

/**
 * A browser beside Chromium: the programs that tests need to drive it, and its Debian packages. `missing` names the
 * programs that are not installed; it is `null` when there are none.
 *
 * @typedef {{ name: string, packages: string[], programs: Record<string, string>, missing: string | null }} OtherBrowser
 */

/**
 * Finds Firefox and WebKitGTK. WebKitGTK is driven by its own WebDriver server, in a display without a screen.
 *
 * @returns {OtherBrowser[]}
 */
export function findOtherBrowsers() {
  return [
    describeBrowser('Firefox', ['firefox-esr'], {
      firefox: findProgram(['firefox-esr', 'firefox'], ['/Applications/Firefox.app/Contents/MacOS']),
    }),
    describeBrowser('WebKitGTK', ['webkit2gtk-driver', 'xvfb'], {
      WebKitWebDriver: findProgram(['WebKitWebDriver']),
      MiniBrowser: findProgram(['MiniBrowser'], listWebKitFolders()),
      Xvfb: findProgram(['Xvfb']),
    }),
  ]
}

/**
 * @param {string} name
 * @param {string[]} packages
 * @param {Record<string, string | null>} programs
 * @returns {OtherBrowser}
 */
function describeBrowser(name, packages, programs) {
  const found = Object.entries(programs).filter((entry) => entry[1] !== null)
  const missing = Object.keys(programs).filter((program) => programs[program] === null)
  return {
    name,
    packages,
    programs: /** @type {Record<string, string>} */ (Object.fromEntries(found)),
    missing: missing.length > 0 ? missing.join(', ') : null,
  }
}

/** Lists the folders where Linux distributions install the programs of WebKitGTK, newest first. */
function listWebKitFolders() {
  return ['/usr/lib', '/usr/lib64', '/usr/libexec']
    .filter(existsSync)
    .flatMap((folder) => [folder, ...listFolders(folder, /-linux-/)])
    .flatMap((folder) => listFolders(folder, /^webkit(2gtk|gtk)-\d/).toReversed())
}

/**
 * @param {string} folder
 * @param {RegExp} pattern
 */
function listFolders(folder, pattern) {
  const entries = readdirSync(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return names
    .filter((name) => pattern.test(name))
    .toSorted()
    .map((name) => join(folder, name))
}
