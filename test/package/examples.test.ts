import { cpSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { root, tool } from '../../scripts/run.mjs'
import { createUserProject, startVite } from './user-project.ts'

/** The examples that run in Vite, each with the session endpoint of one of its BFFs. */
const examples = [['login-page', '/auth/axosoft/session']] as const

describe.each(examples)('a copy of the example %s', { timeout: 60_000 }, (name, sessionEndpoint) => {
  const { folder, install, remove } = createUserProject()

  beforeAll(async () => {
    const example = join(root, 'examples', name)
    const isSource = (file: string): boolean => !['node_modules', 'dist'].includes(basename(file))
    cpSync(example, folder, { recursive: true, filter: isSource })
    await install(['bff', 'core', 'react', 'sandbox', 'wire'])
  }, 180_000)

  afterAll(remove)

  it('compiles', async () => {
    const tsc = join(folder, 'node_modules/typescript/bin/tsc')
    expect(await tool(tsc, [], { cwd: folder })).toEqual({ ok: true, output: '' })
  })

  it('builds', async () => {
    const vite = join(folder, 'node_modules/vite/bin/vite.js')
    expect(await tool(vite, ['build'], { cwd: folder })).toMatchObject({ ok: true })
  })

  it('serves the page, its modules and the BFF in development', async () => {
    const { url, stop } = await startVite(folder)
    onTestFinished(stop)
    const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
    const statuses: [string, number][] = []
    for (const path of ['/', '/src/main.tsx', sessionEndpoint])
      statuses.push([path, (await fetch(url + path, { headers })).status])
    expect(statuses).toEqual([
      ['/', 200],
      ['/src/main.tsx', 200],
      [sessionEndpoint, 200],
    ])
  })
})
