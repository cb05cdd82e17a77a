import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDoctor } from '../../packages/bff/src/doctor/doctor.ts'
import { thirdPartyServers } from '../third-party-servers/all.ts'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'

/** With characters that Basic form-encodes, and that some servers expect unencoded. */
const clientSecret = 's3cr+t %:&'

type AuthMethod = 'basic (form-encoded)' | 'basic (raw)' | 'post'

/** The methods that each server accepts, the endpoint that tells, and the fix that the doctor prints for the others. */
const servers: Record<string, { endpoint: 'token' | 'revocation'; accepts: AuthMethod[]; fix: string }> = {
  'oidc-provider': {
    endpoint: 'token',
    accepts: ['basic (form-encoded)', 'post'],
    fix: '"clientAuth": "basic", "basicEncoding": "form"',
  },
  '@node-oauth/oauth2-server': {
    endpoint: 'token',
    accepts: ['basic (raw)', 'post'],
    fix: '"clientAuth": "basic", "basicEncoding": "raw"',
  },
  Glewlwyd: {
    endpoint: 'revocation',
    accepts: ['basic (raw)', 'post'],
    fix: '"clientAuth": "basic", "basicEncoding": "raw"',
  },
}

const authMethods: [AuthMethod, object][] = [
  ['basic (form-encoded)', { basicEncoding: 'form' }],
  ['basic (raw)', { basicEncoding: 'raw' }],
  ['post', { clientAuth: 'post' }],
]

describe.for(thirdPartyServers)('the doctor before $name', ({ name, start }) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'))
  const { endpoint = 'token', accepts = [], fix = '' } = servers[name] ?? {}
  let server: ThirdPartyServer

  beforeAll(async () => {
    server = await start({ clientSecret })
  }, 30_000)
  afterAll(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  /** Runs the doctor with these options of `oauth2`. */
  async function run(
    options: object,
    { secret = clientSecret, signsIn = false } = {},
  ): Promise<{ code: number; text: string }> {
    const { issuer, tokenUrl, clientId, scope, username, password } = server
    const provider = {
      preset: 'oauth2',
      ...(issuer === null ? { tokenEndpoint: tokenUrl } : { issuer }),
      clientId,
      clientSecret: '${SECRET}',
      scope: scope.split(' '),
      ...options,
    }
    const file = join(folder, 'latchkey.config.json')
    writeFileSync(file, JSON.stringify({ provider }))
    const lines: string[] = []
    const credentials: Record<string, string> = { username, password }
    const code = await runDoctor({
      file,
      environment: { SECRET: secret },
      print: (line) => lines.push(line),
      prompt: signsIn ? async (field) => credentials[field.name] ?? '' : undefined,
    })
    const text = lines.join('\n')
    for (const hidden of [secret, encodeURIComponent(secret), password]) expect(text).not.toContain(hidden)
    return { code, text: text.replaceAll(/\s+/g, ' ') }
  }

  it.each(authMethods)(
    'finds whether it accepts a secret of special characters with %s',
    async (method, options) => {
      const { code, text } = await run(options)
      if (accepts.includes(method)) {
        expect(text).toContain(`the ${endpoint} endpoint accepts the client with ${method}`)
        expect(code).toBe(0)
      } else {
        expect(text).toContain(`the ${endpoint} endpoint rejects it with ${method}, as configured`)
        expect(text).toContain(`set ${fix}`)
        expect(code).toBe(1)
      }
    },
  )

  it('finds a wrong secret', async () => {
    const { code, text } = await run({}, { secret: 'another one +%' })
    expect(text).toContain(`FAILED client the ${endpoint} endpoint rejected the client`)
    expect(text).toContain('client secret in SECRET')
    expect(code).toBe(1)
  })

  it('finds that the server requires a secret of a client that sends none', async () => {
    for (const options of [{ clientAuth: 'none', clientSecret: undefined }, { clientAuth: 'none' }]) {
      const { code, text } = await run(options)
      expect(text).toContain('FAILED client the')
      expect(code).toBe(1)
    }
  })

  it('does not take another endpoint for the token endpoint', async () => {
    const { userinfoUrl, tokenUrl, revokeUrl } = server
    for (const url of [
      userinfoUrl,
      revokeUrl,
      new URL('/', tokenUrl).href,
      new URL('/login', tokenUrl).href,
    ]) {
      if (url === null) continue
      const { text } = await run({ issuer: undefined, tokenEndpoint: url })
      expect(`${url} ${text}`).toMatch(/ (warn|FAILED) token endpoint /)
    }
  })

  it('signs in, refreshes and signs out on request', async () => {
    const { text } = await run({ clientAuth: 'post' }, { signsIn: true })
    expect(text).toContain('ok sign-in')
    expect(text).toMatch(/ok access token lifetime (60|59|58) s; refresh token issued/)
    expect(text).toContain('ok refresh new access token issued')
    expect(text).toContain('ok sign-out')
  })
})
