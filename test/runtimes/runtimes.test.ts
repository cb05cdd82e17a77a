import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestedStore } from '@latchkey/bff/testing'
import { storeContract } from '@latchkey/bff/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checks as conformanceChecks } from '../conformance/checks.ts'
import { startOddServer } from '../conformance/odd-server.ts'
import type { CheckResult } from '../conformance/run-check.ts'
import { proxyChecks } from './checks/proxy.ts'
import { wireChecks } from './checks/wire.ts'
import { runtimes } from './runtimes.ts'
import { compileEntry, installPackages, startRuntime } from './start-runtime.ts'
import type { Upstream } from './upstream.ts'
import { startUpstream } from './upstream.ts'

// Elsewhere, npm has no package of some.
const installed = runtimes
  .filter(({ file }) => file !== null)
  .map((runtime) => [runtime.name, runtime] as const)
const checks = [...wireChecks, ...proxyChecks].map((check) => [check.name, check] as const)
const contractTitles = storeContract(() => ({}) as TestedStore).map(({ title }) => title)

const folder = mkdtempSync(join(tmpdir(), 'latchkey runtimes '))
let upstream: Upstream
let authorizationServer: Awaited<ReturnType<typeof startOddServer>>

beforeAll(async () => {
  installPackages(folder, ['wire', 'core', 'bff'])
  upstream = await startUpstream()
  authorizationServer = await startOddServer({ clientCredentials: true })
})

afterAll(async () => {
  await upstream?.close()
  await authorizationServer?.stop()
  rmSync(folder, { recursive: true, force: true })
})

it.runIf(process.platform === 'linux')('every runtime is installed on Linux', () => {
  expect(installed.map(([name]) => name)).toEqual(runtimes.map(({ name }) => name))
})

describe.each(installed)('%s serves the built packages', (_, runtime) => {
  let server: Awaited<ReturnType<typeof startRuntime>>
  /** The failures of the store's contract, by store and title. */
  let failures: Record<string, Record<string, string | null>>
  let conformance: Record<string, CheckResult>

  beforeAll(async () => {
    server = await startRuntime(runtime, folder, await compileEntry(runtime, folder), {
      AUTHORIZATION_SERVER: upstream.url,
      RESOURCE_SERVER: upstream.url,
      STORE_FOLDER: join(folder, runtime.name),
    })
    const results = runtime.stores.map(async (store) => {
      const response = await fetch(`${server.origin}/contract?store=${store}`)
      return [store, await response.json()] as const
    })
    failures = Object.fromEntries(await Promise.all(results))
    const parameters = new URLSearchParams({ server: JSON.stringify(authorizationServer.server) })
    const response = await fetch(`${server.origin}/conformance?${parameters}`)
    conformance = (await response.json()) as typeof conformance
  })
  afterAll(async () => {
    // Some runtimes end when the requests have ended that a failed check has left open.
    upstream.cutRequests()
    await server?.process.stop()
  })

  it.each(checks)('and %s', async (name, { run }) => {
    const username = `${runtime.name}-${name}`.replaceAll(/\W+/g, '-')
    await expect(run({ runtime, origin: server.origin, upstream, username })).resolves.toBeUndefined()
  })

  it.each(conformanceChecks.map(({ name }) => name))('and passes the conformance check: %s', (name) => {
    expect(conformance[name]).toMatchObject({ outcome: 'ok' })
  })

  describe.each(runtime.stores)('and the %s store', (store) => {
    it.each(contractTitles)('%s', (title) => expect(failures[store]?.[title]).toBeNull())
  })
})
