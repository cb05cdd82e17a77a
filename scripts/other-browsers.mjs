import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The Debian packages of the browsers beside Chromium. */
export const otherBrowserPackages = ['firefox-esr', 'webkit2gtk-driver', 'xvfb']

/**
 * A browser beside Chromium: its name, and the programs that are needed to drive it, or why it cannot be driven.
 *
 * @typedef {{ name: string, programs: Record<string, string>, missing: string | null }} OtherBrowser
 */

/**
 * Finds Firefox and WebKitGTK. WebKitGTK is driven by its own WebDriver server, in a display without a screen.
 *
 * @returns {OtherBrowser[]}
 */
export function findOtherBrowsers() {
  return [
    describeBrowser('Firefox', {
      firefox: findInPath(['firefox-esr', 'firefox']) ?? findInFolders(firefoxFolders, 'firefox'),
    }),
    describeBrowser('WebKitGTK', {
      WebKitWebDriver: findInPath(['WebKitWebDriver']),
      MiniBrowser: findInFolders(listLibraryFolders(), 'MiniBrowser'),
      Xvfb: findInPath(['Xvfb']),
    }),
  ]
}

const firefoxFolders = ['/Applications/Firefox.app/Contents/MacOS', '/opt/firefox', '/snap/bin']

/**
 * @param {string} name
 * @param {Record<string, string | null>} programs
 * @returns {OtherBrowser}
 */
function describeBrowser(name, programs) {
  const found = Object.entries(programs).filter((entry) => entry[1] !== null)
  const missing = Object.keys(programs).filter((program) => programs[program] === null)
  return {
    name,
    programs: /** @type {Record<string, string>} */ (Object.fromEntries(found)),
    missing: missing.length > 0 ? `${missing.join(' and ')} not found` : null,
  }
}

/** @param {string[]} names */
function findInPath(names) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync) ?? null
}

/**
 * @param {string[]} folders
 * @param {string} name
 */
function findInFolders(folders, name) {
  return folders.map((folder) => join(folder, name)).find(existsSync) ?? null
}

/** Lists the folders where Linux distributions install the programs of WebKitGTK, newest first. */
function listLibraryFolders() {
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
