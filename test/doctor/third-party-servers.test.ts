import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDoctor } from '../../packages/bff/src/doctor/doctor.ts'
import { thirdPartyServers } from '../third-party-servers/all.ts'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'

/** With characters that Basic form-encodes, and others that some servers expect as they are. */
const clientSecret = 's3cr+t %:&'

/** The ways that each server takes, in the doctor's words. */
const takes: Record<string, { ways: string[]; fix: string }> = {
  'oidc-provider': { ways: ['form', 'body'], fix: '"clientAuth": "basic", "basicEncoding": "form"' },
  '@node-oauth/oauth2-server': {
    ways: ['raw', 'body'],
    fix: '"clientAuth": "basic", "basicEncoding": "raw"',
  },
  Glewlwyd: { ways: ['raw', 'body'], fix: '"clientAuth": "basic", "basicEncoding": "raw"' },
}

const settings: Record<string, object> = {
  form: { basicEncoding: 'form' },
  raw: { basicEncoding: 'raw' },
  body: { clientAuth: 'post' },
}

describe.for(thirdPartyServers)('the doctor before $name', ({ name, start }) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'))
  let peer: ThirdPartyServer

  beforeAll(async () => {
    peer = await start({ clientSecret })
  }, 30_000)
  afterAll(async () => {
    await peer.stop()
    rmSync(folder, { recursive: true })
  })

  /** Examines a configuration with these options, and signs in where it is told to. */
  async function examined(
    options: object,
    secret = clientSecret,
    signsIn = false,
  ): Promise<{ code: number; text: string }> {
    const { issuer, tokenUrl, clientId, scope, username, password } = peer
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
    const typed: Record<string, string> = { username, password }
    const code = await runDoctor({
      file,
      environment: { SECRET: secret },
      print: (line) => lines.push(line),
      ask: signsIn ? async (question) => typed[question.name] ?? '' : undefined,
    })
    const text = lines.join('\n')
    for (const hidden of [secret, encodeURIComponent(secret), password]) expect(text).not.toContain(hidden)
    return { code, text: text.replaceAll(/\s+/g, ' ') }
  }

  it.each(Object.keys(settings))(
    'finds out whether a secret of special characters is taken by %s',
    async (way) => {
      const { ways = [], fix = '' } = takes[name] ?? {}
      const { code, text } = await examined(settings[way] ?? {})
      if (ways.includes(way)) {
        expect(text).toContain('ok client the secret is right')
        expect(code).toBe(0)
      } else {
        expect(text).toContain('FAILED client the secret is right')
        expect(text).toContain(fix)
        expect(code).toBe(1)
      }
    },
  )

  it('finds a wrong secret, whichever way it is shown', async () => {
    const { code, text } = await examined({}, 'another one +%')
    expect(text).toContain('FAILED client the client is refused')
    expect(text).toContain('client secret in SECRET')
    expect(code).toBe(1)
  })

  it('signs in, refreshes and signs out when it is asked to', async () => {
    const { text } = await examined(settings['body'] ?? {}, clientSecret, true)
    expect(text).toContain('ok sign-in')
    expect(text).toMatch(/ok token it lives for (60|59|58) s; a refresh token came/)
    expect(text).toContain('ok refresh brings another token')
    expect(text).toContain('ok sign-out')
  })
})
