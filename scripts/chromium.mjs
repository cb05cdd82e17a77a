import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { findProgram } from './find-program.mjs'

/** The message for a machine without a Chromium. */
export const chromiumMissing =
  'Chromium is missing, and the browser tests need it. Install Chromium or Google Chrome (on Debian: apt-get install chromium), or set CHROME_PATH to its program. To leave these tests out, add --no-browser: npm test -- --no-browser'

/**
 * Finds the program of an installed Chromium or Chrome. When CHROME_PATH is set, only that file counts.
 *
 * @returns {string | null}
 */
export function findChromium() {
  const { CHROME_PATH, PATH = '' } = process.env
  if (CHROME_PATH) return existsSync(CHROME_PATH) ? CHROME_PATH : null
  return [...listInPath(PATH), ...listUsualPrograms()].find((file) => existsSync(file)) ?? null
}

/**
 * Finds the program of Chromium without its windows, which opens pages three times as fast and has no back-forward cache.
 *
 * @returns {string | null}
 */
export function findHeadlessShell() {
  return process.env['CHROME_PATH'] ? null : findProgram(['chromium-headless-shell', 'chrome-headless-shell'])
}

/** @param {string} path */
function listInPath(path) {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
  return names.flatMap((name) => folders.map((folder) => join(folder, name)))
}

function listUsualPrograms() {
  if (process.platform === 'darwin') {
    const programs = [
      'Google Chrome.app/Contents/MacOS/Google Chrome',
      'Chromium.app/Contents/MacOS/Chromium',
    ]
    return programs.flatMap((program) => [
      join('/Applications', program),
      join(homedir(), 'Applications', program),
    ])
  }
  if (process.platform === 'win32') {
    const { PROGRAMFILES, 'PROGRAMFILES(X86)': programFiles86, LOCALAPPDATA } = process.env
    const programs = ['Google/Chrome/Application/chrome.exe', 'Chromium/Application/chrome.exe']
    return [PROGRAMFILES, programFiles86, LOCALAPPDATA].flatMap((folder) =>
      folder === undefined ? [] : programs.map((program) => join(folder, program)),
    )
  }
  return [
    '/opt/google/chrome/chrome',
    '/snap/bin/chromium',
    '/var/lib/flatpak/exports/bin/org.chromium.Chromium',
  ]
}
