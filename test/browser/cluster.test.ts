import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cathy, workItems } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished } from 'vitest'
import { findProgram } from '../../scripts/find-program.mjs'
import { createChildEnv } from '../../scripts/run.mjs'
import { findFreePort } from '../support/free-port.ts'
import { it } from './chromium-test.ts'

const folder = fileURLToPath(new URL('../../examples/cluster', import.meta.url))
const isInstalled = findProgram(['nginx'], ['/usr/sbin']) !== null && findProgram(['redis-server']) !== null

/** Starts the example, and follows which process each server is. */
async function startCluster() {
  const origin = `http://127.0.0.1:${await findFreePort()}`
  const child = spawn(process.execPath, [join(folder, 'start.mjs')], {
    cwd: folder,
    env: { ...createChildEnv(), NODE_ENV: undefined, PORT: new URL(origin).port },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text))
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  await expect.poll(() => hasEnded || output.includes(`Open ${origin}/`)).toBe(true)
  if (hasEnded) throw new Error(`The example ended:\n${output}`)
  /** The processes that a server has had, the present one last, and its port. */
  const getProcesses = (server: number): { pid: number; port: number }[] =>
    [...output.matchAll(/server (\d): process (\d+), port (\d+)/g)]
      .filter(([, number]) => Number(number) === server)
      .map(([, , pid, port]) => ({ pid: Number(pid), port: Number(port) }))
  /** Whether a server that was killed is there again. */
  const isBack = async (server: number): Promise<boolean> => {
    const [, second] = getProcesses(server)
    if (!second) return false
    return fetch(`http://127.0.0.1:${second.port}/auth/health/live`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
  return { origin, getProcesses, isBack }
}

/** What a page with a session shows; an error or the sign-in form would be in its place. */
const expectItems = (page: Page): Promise<void> =>
  expect.poll(() => page.locator('#root p').allTextContents()).toEqual(workItems.map(({ name }) => name))

describe.skipIf(!isInstalled)('three servers behind nginx, with their sessions in Redis', () => {
  it('lose nothing that a user would notice when each of them is killed once', async ({ harness }) => {
    const { origin, getProcesses, isBack } = await startCluster()
    const page = await harness.openPage(origin)
    await page.getByLabel('Login ID').fill(cathy.username)
    await page.getByLabel('Password', { exact: true }).fill(cathy.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expectItems(page)

    for (const server of [1, 2, 3]) {
      const [{ pid } = { pid: Number.NaN }] = getProcesses(server)
      const statuses = page.evaluate(async () => {
        const results = new Set<number>()
        for (let count = 0; count < 100; count += 1) {
          const response = await fetch('/api/items', { headers: { 'X-Latchkey': '1' } })
          results.add(response.status)
          await response.arrayBuffer()
        }
        return [...results]
      })
      process.kill(pid, 'SIGKILL')
      expect(await statuses).toEqual([200])
      await page.reload()
      await expectItems(page)
      await expect.poll(() => isBack(server)).toBe(true)
    }

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Login ID').waitFor()
    await page.reload()
    await page.getByLabel('Login ID').waitFor()
  })
})
