import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peers } from '../third-party-servers/all.ts'
import { startOAuth2Server } from '../third-party-servers/oauth2-server.ts'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'
import { checks } from './checks.ts'
import { refreshTokenUsedElsewhere } from './checks/refresh.ts'
import { signIn } from './checks/sign-in.ts'
import { runCheck } from './run-check.ts'
import type { ClientAuthMethod } from './client-auth-method.ts'
import { listClientAuthMethods } from './client-auth-method.ts'
import { fileOf } from './server-file.ts'
import type { Server } from './server.ts'

/** The checks that a server has no part in (it is held to all others), and what its refused refresh means. */
const facts: Record<string, { missing: string[]; refusedRefresh: string }> = {
  'oidc-provider': { missing: [], refusedRefresh: 'the session ends: 401 login_required refresh_rejected' },
  '@node-oauth/oauth2-server': {
    missing: ['the token opens userinfo', 'discovery', 'revoke'],
    refusedRefresh: 'the session ends: 401 login_required refresh_rejected',
  },
  Glewlwyd: { missing: [], refusedRefresh: 'the session stays: 503 temporarily_unavailable' },
}

describe.for(peers)('a BFF in front of $name', ({ name, start }) => {
  let peer: ThirdPartyServer
  let ways: ClientAuthMethod[]

  beforeAll(async () => {
    peer = await start()
    ways = await listClientAuthMethods(peer)
  }, 30_000)
  afterAll(async () => {
    await peer.stop()
  })

  it.each(checks)('passes: $name', async (check) => {
    const wanted = facts[name]?.missing.includes(check.name) ? 'skipped' : 'ok'
    for (const way of ways) {
      const { outcome, note } = await runCheck(check, peer, way)
      expect({ way: way.name, outcome, note }).toEqual({ way: way.name, outcome: wanted, note })
    }
  })

  it('ends a session whose refresh the server refuses in so many words, and keeps any other', async () => {
    const { note } = await runCheck(refreshTokenUsedElsewhere, peer, ways[0] as ClientAuthMethod)
    expect(note).toContain(facts[name]?.refusedRefresh)
  })

  it('is spoken to in every way that it knows, whatever is in the client secret', async () => {
    expect(ways.map((way) => way.name)).toEqual(['basic', 'post'])
    const other = await start({ clientSecret: 's3cr+t %:&' })
    try {
      for (const way of await listClientAuthMethods(other))
        expect(await runCheck(signIn, other, way)).toEqual({ outcome: 'ok', note: '' })
    } finally {
      await other.stop()
    }
  })
})

describe('the command', () => {
  let peer: ThirdPartyServer
  let folder: string

  beforeAll(async () => {
    peer = await startOAuth2Server()
    folder = await mkdtemp(join(tmpdir(), 'latchkey-conformance-test-'))
  })
  afterAll(async () => {
    await Promise.all([peer.stop(), rm(folder, { recursive: true })])
  })

  async function outcomeFor(server: Server): Promise<{ code: unknown; output: string }> {
    const file = join(folder, 'server.env')
    await writeFile(file, `# A comment\n\n${fileOf(server)}LANGUAGE=JavaScript\n`)
    const command = fileURLToPath(new URL('run.mjs', import.meta.url))
    return new Promise((resolve) => {
      execFile(process.execPath, [command, file], (error, output, warnings) => {
        resolve({ code: error?.code ?? 0, output: `${output}${warnings}` })
      })
    })
  }

  it('prints a row for each check in each way, without a secret, and ends with 0', async () => {
    const { code, output } = await outcomeFor(peer)
    for (const { name } of checks)
      for (const way of ['basic', 'post']) expect(output).toMatch(rowOf('(ok {6}|skipped )', name, way))
    expect(output).toMatch(/\n\d+ ok, 0 failed, \d+ skipped\n$/)
    for (const secret of [peer.password, peer.clientSecret]) expect(output).not.toContain(secret)
    expect(code).toBe(0)
  })

  it('ends with 1 when the password is wrong, and tells why no check can be passed', async () => {
    const { code, output } = await outcomeFor({ ...peer, password: 'another' })
    expect(output).toMatch(rowOf('FAILED  ', 'sign in', 'post'))
    expect(output).toContain('invalid_credentials, because the server said 400 invalid_grant')
    expect(output).not.toContain('another')
    expect(code).toBe(1)
  })
})

function rowOf(outcome: string, check: string, way: string): RegExp {
  return new RegExp(`^${outcome} ${check} \\(${way}\\)`, 'm')
}
