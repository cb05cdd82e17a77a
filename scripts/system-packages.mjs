import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chromiumMissing, findChromium, findHeadlessShell } from './chromium.mjs'
import { findOtherBrowsers } from './other-browsers.mjs'
import { findPostgres, findProgram } from './find-program.mjs'
import { run } from './run.mjs'
import { step } from './steps.mjs'

/**
 * Programs that tests use, and what to print about them.
 *
 * @typedef {object} Requirement
 * @property {string} name
 * @property {string[]} packages
 * @property {string} reason
 * @property {() => boolean} isInstalled
 * @property {string} [consequence] of its absence; by default its tests are skipped
 */

/** @type {Requirement} */
const chromium = {
  name: 'Chromium',
  packages: ['chromium'],
  reason: 'the browser tests run in it',
  isInstalled: () => findChromium() !== null,
}

/** @type {Requirement} */
const headlessShell = {
  name: "Chromium's headless shell",
  packages: ['chromium-headless-shell'],
  reason: 'the browser tests run faster in it',
  isInstalled: () => findHeadlessShell() !== null,
  consequence: 'the browser tests take longer',
}

/** @type {Requirement} */
const glewlwyd = {
  name: 'Glewlwyd',
  // With the packages that its own packages let the administrator choose.
  packages: ['glewlwyd', 'glewlwyd-common', 'dbconfig-sqlite3', 'sqlite3', 'libconfig9'],
  reason: 'an authorization server that the tests sign in to',
  isInstalled: () => existsSync('/usr/bin/glewlwyd'),
}

/** @type {Requirement} */
const nginx = {
  name: 'nginx with openssl',
  packages: ['nginx', 'openssl'],
  reason: 'a test runs the configuration that the documentation gives for it',
  isInstalled: () => [['nginx'], ['openssl']].every((names) => findProgram(names, ['/usr/sbin']) !== null),
}

/** @type {Requirement} */
const redis = {
  name: 'Redis',
  packages: ['redis-server'],
  reason: 'the tests of the Redis store start it',
  isInstalled: () => findProgram(['redis-server', 'valkey-server']) !== null,
}

/** @type {Requirement} */
const postgres = {
  name: 'PostgreSQL',
  packages: ['postgresql'],
  reason: 'the tests of the Postgres store start it',
  isInstalled: () => findPostgres() !== null,
}

/** @type {Requirement[]} */
const otherBrowsers = findOtherBrowsers().map(({ name, packages }) => ({
  name,
  packages,
  reason: 'the tests of the login page run in it as well',
  isInstalled: () => findOtherBrowsers().some((browser) => browser.name === name && browser.missing === null),
}))

/**
 * Installs what the tests need beside Node, as root on Debian. Prints what and why before it starts. On other machines
 * it installs nothing and prints what is missing.
 *
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<boolean>} whether the tests can run
 */
export async function installSystemPackages({ withBrowser }) {
  const canInstall = isDebian() && process.getuid?.() === 0
  const { CHROME_PATH } = process.env
  // Installing another Chromium would not help: findChromium looks at CHROME_PATH alone.
  const canInstallChromium = canInstall && !CHROME_PATH
  const optional = [
    ...(withBrowser ? [...(CHROME_PATH ? [] : [headlessShell]), ...otherBrowsers, nginx] : []),
    glewlwyd,
    redis,
    postgres,
  ]

  const plan = [
    ...(withBrowser && canInstallChromium ? [chromium] : []),
    ...(canInstall ? optional : []),
  ].filter(({ isInstalled }) => !isInstalled())
  if (plan.length > 0) console.log(describePlan(plan))
  if (plan.includes(chromium)) await step('install chromium', () => aptInstall(chromium.packages))
  if (withBrowser && !chromium.isInstalled()) {
    console.error(CHROME_PATH ? `CHROME_PATH names no file: ${CHROME_PATH}` : chromiumMissing)
    return false
  }
  for (const { name, packages } of plan.filter((requirement) => requirement !== chromium)) {
    const { ok, output } = await aptInstall(packages)
    if (!ok) console.log(`apt-get could not install ${name}: ${output.trim().split('\n').at(-1)}`)
  }
  for (const { name, packages, isInstalled, consequence = 'its tests are skipped' } of optional)
    if (!isInstalled())
      console.log(`${name} is missing, so ${consequence}. On Debian: apt-get install ${packages.join(' ')}`)
  return true
}

/**
 * Describes what is about to be installed, why, and how to run the checks without it.
 *
 * @param {{ packages: string[], reason: string }[]} plan
 */
export function describePlan(plan) {
  return [
    'npm test runs as root on Debian, so it installs these missing packages with apt-get:',
    ...plan.map(({ packages, reason }) => `  ${packages.join(' ')} (${reason})`),
    'To install nothing, press Ctrl-C and run npm run check instead, with -- --no-browser where there is no Chromium.',
  ].join('\n')
}

function isDebian() {
  return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
}

/** @param {string[]} packages */
async function aptInstall(packages) {
  // 101 means "not allowed": no package starts its service on a machine that only runs tests.
  const policy = '/usr/sbin/policy-rc.d'
  const hasNoPolicy = !existsSync(policy)
  if (hasNoPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const update = await run('apt-get', ['update'], { env })
    if (!update.ok) return update
    return await run('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env })
  } finally {
    if (hasNoPolicy) rmSync(policy)
  }
}
