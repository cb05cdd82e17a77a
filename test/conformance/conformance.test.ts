import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { thirdPartyServers } from '../third-party-servers/all.ts'
import { startOAuth2Server } from '../third-party-servers/oauth2-server.ts'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'
import { checks } from './checks.ts'
import { refreshTokenUsedElsewhere } from './checks/refresh.ts'
import { signIn } from './checks/sign-in.ts'
import { createCheckContext } from './check-context.ts'
import { runCheck } from './run-check.ts'
import type { ClientAuthMethod } from './client-auth-method.ts'
import { listClientAuthMethods } from './client-auth-method.ts'
import { formatServerFile } from './server-file.ts'
import type { Server } from './server.ts'

const sessionEnded = 'session ended: the BFF responded with 401 login_required refresh_rejected'

/**
 * The checks that do not apply to a server, how a rejected refresh ends, and the BFF's response to the right password with
 * a client secret that RFC 6749 does not allow. All other checks must pass.
 */
const knownBehaviour: Record<
  string,
  { skippedChecks: string[]; rejectedRefresh: string; statusWithOddSecret: number }
> = {
  'oidc-provider': { skippedChecks: [], rejectedRefresh: sessionEnded, statusWithOddSecret: 502 },
  '@node-oauth/oauth2-server': {
    skippedChecks: ['userinfo accepts the token', 'discovery', 'revoke'],
    rejectedRefresh: sessionEnded,
    statusWithOddSecret: 502,
  },
  Glewlwyd: {
    skippedChecks: [],
    rejectedRefresh: 'session kept: the BFF responded with 503 temporarily_unavailable',
    statusWithOddSecret: 200,
  },
}

describe.for(thirdPartyServers)('a BFF with $name', ({ name, start }) => {
  let server: ThirdPartyServer
  let clientAuthMethods: ClientAuthMethod[]

  beforeAll(async () => {
    server = await start()
    clientAuthMethods = await listClientAuthMethods(server)
  })
  afterAll(async () => {
    await server.stop()
  })

  it.each(checks)('passes: $name', async (check) => {
    const expectedOutcome = knownBehaviour[name]?.skippedChecks.includes(check.name) ? 'skipped' : 'ok'
    for (const method of clientAuthMethods) {
      const { outcome, note } = await runCheck(check, server, method)
      expect({ method: method.name, outcome, note }).toEqual({
        method: method.name,
        outcome: expectedOutcome,
        note,
      })
    }
  })

  it('ends a session when the server rejects its refresh token with invalid_grant, and keeps it otherwise', async () => {
    const { note } = await runCheck(
      refreshTokenUsedElsewhere,
      server,
      clientAuthMethods[0] as ClientAuthMethod,
    )
    expect(note).toContain(knownBehaviour[name]?.rejectedRefresh)
  })

  it('reads a username that the server does not accept as wrong credentials', async () => {
    for (const method of clientAuthMethods) {
      const context = createCheckContext(server, method)
      const response = await context.submitCredentials(context.createBffClient(), { username: 'al🔑ce' })
      expect([response.status, await response.json()]).toEqual([
        401,
        expect.objectContaining({ error: 'invalid_credentials' }),
      ])
      await context.close()
    }
  })

  it('reads a rejection of the characters of the client secret as a configuration error', async () => {
    const otherServer = await start({ clientSecret: 'pässword£' })
    const context = createCheckContext(otherServer, { name: 'post', options: { clientAuth: 'post' } })
    try {
      const response = await context.submitCredentials(context.createBffClient())
      expect(response.status).toBe(knownBehaviour[name]?.statusWithOddSecret)
    } finally {
      await context.close()
      await otherServer.stop()
    }
  })

  it('passes with every client authentication method and special characters in the client secret', async () => {
    expect(clientAuthMethods.map((method) => method.name)).toEqual(['basic', 'post'])
    const otherServer = await start({ clientSecret: 's3cr+t %:&' })
    try {
      for (const method of await listClientAuthMethods(otherServer))
        expect(await runCheck(signIn, otherServer, method)).toEqual({ outcome: 'ok', note: '' })
    } finally {
      await otherServer.stop()
    }
  })
})

describe('the command', () => {
  let server: ThirdPartyServer
  let folder: string

  beforeAll(async () => {
    server = await startOAuth2Server()
    folder = await mkdtemp(join(tmpdir(), 'latchkey-conformance-test-'))
  })
  afterAll(async () => {
    await Promise.all([server.stop(), rm(folder, { recursive: true })])
  })

  async function runCommand(checkedServer: Server): Promise<{ code: unknown; output: string }> {
    const file = join(folder, 'server.env')
    await writeFile(file, `# A comment\n\n${formatServerFile(checkedServer)}LANGUAGE=JavaScript\n`)
    const command = fileURLToPath(new URL('run.mjs', import.meta.url))
    return new Promise((resolve) => {
      execFile(process.execPath, [command, file], (error, output, warnings) => {
        resolve({ code: error?.code ?? 0, output: `${output}${warnings}` })
      })
    })
  }

  it('prints a row for each check, without a secret, and exits with 0', async () => {
    const { code, output } = await runCommand(server)
    for (const { name } of checks)
      expect(output.match(createRowPattern('(ok {6}|skipped )', name, 'basic, post'))).toHaveLength(1)
    expect(output).toMatch(/\n\d+ ok, 0 failed, \d+ skipped\n$/)
    for (const secret of [server.password, server.clientSecret]) expect(output).not.toContain(secret)
    expect(code).toBe(0)
  })

  it('exits with 1 when the password is wrong, and prints the cause', async () => {
    const { code, output } = await runCommand({ ...server, password: 'another' })
    expect(output).toMatch(createRowPattern('FAILED  ', 'sign in', 'basic, post'))
    expect(output).toContain(
      'the BFF responded with 401 invalid_credentials; the server responded with 400 invalid_grant',
    )
    expect(output).not.toContain('another')
    expect(code).toBe(1)
  })
})

function createRowPattern(outcome: string, check: string, method: string): RegExp {
  return new RegExp(`^${outcome} ${check} \\(${method}\\)`, 'gm')
}
