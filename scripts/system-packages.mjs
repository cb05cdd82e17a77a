import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chromiumMissing, findChromium } from './chromium.mjs'
import { run } from './run.mjs'
import { step } from './steps.mjs'

/** An authorization server that is not ours, and what its packages leave to be chosen. */
const glewlwyd = ['glewlwyd', 'glewlwyd-common', 'dbconfig-sqlite3', 'sqlite3', 'libconfig9']

/**
 * Brings what the tests need beside Node: a Chromium, without which they fail, and Glewlwyd, without which
 * its rows are skipped. Installs only as root on Debian; elsewhere it takes what is there.
 *
 * @returns {Promise<boolean>} whether the tests can run
 */
export async function bringSystemPackages() {
  const canInstall = isDebian() && process.getuid?.() === 0
  const chosen = process.env['CHROME_PATH'] !== undefined
  if (canInstall && !chosen && findChromium() === null)
    await step('install chromium', () => aptInstall(['chromium']))
  if (findChromium() === null) {
    console.error(chromiumMissing)
    return false
  }
  if (canInstall && !hasGlewlwyd() && !(await aptInstall(glewlwyd)).ok) {
    console.log('Glewlwyd could not be installed with apt-get: its tests are skipped.')
  } else if (!hasGlewlwyd()) {
    console.log('Glewlwyd is not installed (on Debian: apt-get install glewlwyd): its tests are skipped.')
  }
  return true
}

function isDebian() {
  return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
}

function hasGlewlwyd() {
  return existsSync('/usr/bin/glewlwyd')
}

/** @param {string[]} packages */
async function aptInstall(packages) {
  // 101 is "not allowed": no package starts its service on a machine that only wants to run tests.
  const policy = '/usr/sbin/policy-rc.d'
  const guard = !existsSync(policy)
  if (guard) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const update = await run('apt-get', ['update'], { env })
    if (!update.ok) return update
    return await run('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env })
  } finally {
    if (guard) rmSync(policy)
  }
}
