import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What to tell a person whose machine has no Chromium. */
export const chromiumMissing =
  'The tests drive a real browser: install Chromium or Google Chrome (on Debian: apt-get install chromium), or name one in CHROME_PATH.'

/**
 * The program of an installed Chromium or Chrome, or `null`. What CHROME_PATH names goes first.
 *
 * @returns {string | null}
 */
export function findChromium() {
  const { CHROME_PATH, PATH = '' } = process.env
  if (CHROME_PATH) return existsSync(CHROME_PATH) ? CHROME_PATH : null
  return [...inPath(PATH), ...usualPlaces()].find((file) => existsSync(file)) ?? null
}

/** @param {string} path */
function inPath(path) {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
  return names.flatMap((name) => folders.map((folder) => join(folder, name)))
}

function usualPlaces() {
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
