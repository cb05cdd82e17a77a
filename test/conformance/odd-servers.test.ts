import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checks } from './checks.ts'
import type { OddServerOptions } from './odd-server.ts'
import { startOddServer } from './odd-server.ts'
import { main } from './run.ts'
import type { Server } from './server.ts'
import { formatServerFile } from './server-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-odd-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function runFile(text: string): Promise<{ code: number; output: string }> {
  const path = join(folder, 'server.env')
  await writeFile(path, text)
  let output = ''
  const code = await main([path], (chunk) => (output += chunk))
  return { code, output }
}

/** Runs the checks of an odd server; `changes` are changes to its file. */
async function runOddServer(
  options: OddServerOptions,
  changes: Partial<Server> = {},
): Promise<{ code: number; output: string }> {
  const { server, stop } = await startOddServer(options)
  try {
    return await runFile(formatServerFile({ ...server, ...changes }))
  } finally {
    await stop()
  }
}

describe('the checks pass with a server that', () => {
  it.each<[string, OddServerOptions, string]>([
    ['follows RFC 6749', {}, 'ok       wrong password (basic)\n'],
    [
      'rejects a refresh with invalid_grant',
      {},
      'elsewhere (basic): session ended: the BFF responded with 401 login_required refresh_rejected',
    ],
    [
      'rejects a password with an empty 403',
      { rejectedSignIn: 'empty 403' },
      'ok       unknown user (basic)\n',
    ],
    [
      'closes the connection after a wrong password',
      { rejectedSignIn: 'closed connection' },
      'ok       wrong password (basic): the BFF responded with 503 temporarily_unavailable; the server did not respond\n',
    ],
    [
      'responds to a wrong password with a 500',
      { rejectedSignIn: 'html 500' },
      'ok       wrong password (basic): the BFF responded with 503 temporarily_unavailable; the server responded with 500\n',
    ],
    [
      'rejects a refresh with an empty 400',
      { rejectedRefresh: 'empty 400' },
      'elsewhere (basic): session kept: the BFF responded with 503 temporarily_unavailable',
    ],
    [
      'closes the connection instead of rejecting a refresh',
      { rejectedRefresh: 'closed connection' },
      'elsewhere (basic): session kept: the BFF responded with 503 temporarily_unavailable',
    ],
    [
      'does not blame the client for a wrong client secret',
      { rejectedClient: 'empty 400' },
      'ok       wrong client secret (basic): the BFF responded with 401 invalid_credentials',
    ],
    [
      'accepts any client secret',
      { rejectedClient: 'tokens' },
      'skipped  wrong client secret (basic): the server accepts any client secret\n',
    ],
    [
      'accepts any password',
      { rejectedSignIn: 'tokens' },
      'skipped  wrong password (basic): the server accepts any password\n',
    ],
    [
      'accepts any user',
      { rejectedSignIn: 'tokens' },
      'skipped  unknown user (basic): the server accepts any username\n',
    ],
    [
      'issues no refresh token at a refresh',
      { rotation: 'omitted' },
      'ok       refresh (basic): the refresh token is not rotated\n',
    ],
    [
      'accepts a refresh token repeatedly',
      { rotation: 'same' },
      'elsewhere (basic): session continues: the server issued a new token\n',
    ],
    [
      'issues no refresh token',
      { refreshTokens: false },
      'skipped  refresh (basic): the server issues no refresh token at sign-in\n',
    ],
    ['sends the lifetime as text', { lifetime: '59' }, 'ok       sign in (basic)\n'],
    [
      'issues a token that is already in use',
      { lifetime: 20 },
      'ok       sign in (basic): the server sent a lifetime of 20 s. ACCESS_TTL is 60 s\n',
    ],
    [
      'sends an unreadable lifetime',
      { lifetime: 'soon' },
      'ok       sign in (basic): the server sends no lifetime\n',
    ],
    ['sends no scope', { scopeInResponses: false }, 'ok       sign in (basic)\n'],
    [
      'revokes the old access token at a refresh',
      { oldAccessToken: 'is revoked' },
      'ok       refresh (basic)\n',
    ],
    [
      'accepts only Basic for revocation',
      { revocation: 'basic only' },
      'ok       revoke (basic, post): post: skipped, the revocation endpoint responded with an empty 401; it accepts the client with basic\n',
    ],
    [
      'omits endpoints and grants from its metadata',
      { changeMetadata: removeEndpoints },
      'skipped  revoke (basic): REVOKE_URL is empty, and the discovery document names no revocation endpoint\n',
    ],
    [
      'serves http but has https URLs in its metadata',
      { changeMetadata: useHttps },
      'skipped  discovery (basic): the token endpoint of the discovery document, at https://127.0.0.1',
    ],
    ['has a doubled slash in its metadata', { changeMetadata: doubleSlash }, 'ok       discovery (basic)\n'],
    [
      'has another issuer in its metadata',
      { changeMetadata: changeIssuer },
      'ok       discovery (basic): configured with the issuer and the URL of its discovery document\n',
    ],
    [
      'issues no machine token',
      {},
      'skipped  client_credentials (basic): the client gets no machine token: the server responded with 400 unauthorized_client\n',
    ],
    ['issues a machine token', { clientCredentials: true }, 'ok       client_credentials (basic)\n'],
    [
      'requires openid for userinfo',
      { userinfo: 'requires openid' },
      'skipped  userinfo accepts the token (basic): userinfo responded with 403, and the scope lacks openid\n',
    ],
  ])('%s', async (_, options, row) => {
    const { code, output } = await runOddServer(options)
    expect(output).not.toContain('FAILED')
    expect(output).toContain(row)
    expect(code).toBe(0)
  })
})

describe('the client authentication methods of a file', () => {
  const listRows = (output: string): string[] => output.split('\n').slice(1, -2)

  it.each<[string, string, string, OddServerOptions?]>([
    ['basic', 'basic', ''],
    ['post', 'post', ''],
    ['client_secret_post', 'post', ''],
    ['basic, post', 'basic, post', ''],
    ['any', 'basic, post', ''],
    ['none', 'none', 'the client has no secret', { publicClient: true }],
    ['any none', 'basic, post, none', 'none: the client has no secret', { publicClient: true }],
  ])('%s: one row for each check', async (clientAuth, methods, note, options = {}) => {
    const { code, output } = await runOddServer(options, { clientAuth: [clientAuth as never] })
    const rows = listRows(output)
    expect(rows).toHaveLength(checks.length)
    for (const { name } of checks)
      expect(rows.filter((row) => row.slice(9).startsWith(`${name} (${methods})`))).toHaveLength(1)
    expect(output).not.toContain('FAILED')
    expect(rows.find((row) => row.includes('wrong client secret'))).toContain(note)
    expect(code).toBe(0)
  })

  it('fails when a check fails with one of them, and names it', async () => {
    const { code, output } = await runOddServer(
      { revocation: 'basic only' },
      { clientAuth: ['basic', 'none'] },
    )
    expect(output).toContain(
      'FAILED   sign in (basic, none): basic: ok; none: sign-in failed: the BFF responded with 502 server_error',
    )
    expect(code).toBe(1)
  })

  it('may contain methods that Latchkey does not have, which are skipped with the reason', async () => {
    const { code, output } = await runOddServer(
      {},
      { clientAuth: ['basic', 'private_key_jwt', 'tls_client_auth'] },
    )
    expect(listRows(output).slice(-2)).toEqual([
      'skipped  all checks (private_key_jwt): Latchkey signs no client assertions (RFC 7523)',
      'skipped  all checks (tls_client_auth): Latchkey sends no client certificate (RFC 8705)',
    ])
    expect(output).toContain('ok       sign in (basic)\n')
    expect(code).toBe(0)
  })
})

describe('a check fails with a server that', () => {
  it.each<[string, OddServerOptions, string]>([
    [
      'issues tokens with a longer lifetime than its file says',
      { lifetime: 3600 },
      'FAILED   sign in (basic): the server sent a lifetime of 3600 s. ACCESS_TTL is 60 s\n',
    ],
    [
      'accepts a revoked refresh token',
      { revocation: 'does nothing' },
      'FAILED   revoke (basic): the server still accepts the revoked refresh token\n',
    ],
    [
      'rejects revocation requests',
      { revocation: 'rejects' },
      'FAILED   revoke (basic): the revocation endpoint responded with an empty 401\n',
    ],
  ])('%s', async (_, options, row) => {
    const { code, output } = await runOddServer(options)
    expect(output).toContain(row)
    expect(code).toBe(1)
  })
})

describe('a file may omit', () => {
  const nothingOptional = { discoveryUrl: null, revokeUrl: null, userinfoUrl: null, scope: '', rotation: '' }

  it.each<[string, OddServerOptions, Partial<Server>, string]>([
    [
      'the secret of a public client',
      { rejectedClient: 'tokens' },
      { clientSecret: '' },
      'ok       refresh (none)\n',
    ],
    [
      'the token endpoint, if it names a discovery document',
      {},
      { tokenUrl: null },
      'ok       refresh (basic)\n',
    ],
    ['the lifetime of access tokens', {}, { accessTokenLifetime: null }, 'ok       sign in (basic)\n'],
    [
      'everything but the token endpoint, the client and the user',
      { lifetime: 'soon' },
      { ...nothingOptional, clientAuth: [], accessTokenLifetime: null },
      'ok       refresh (basic)\n',
    ],
  ])('%s', async (_, options, changes, row) => {
    const { code, output } = await runOddServer(options, changes)
    expect(output).not.toContain('FAILED')
    expect(output).toContain(row)
    expect(code).toBe(0)
  })
})

describe('a file that cannot be used', () => {
  const completeFile = {
    TOKEN_URL: 'https://a.test/token',
    CLIENT_ID: 'c',
    USERNAME: 'u',
    PASSWORD: 'p',
  }

  it.each<[string, Record<string, string>]>([
    ['TOKEN_URL, DISCOVERY_URL: are missing. Expected: at least one of them', { TOKEN_URL: '' }],
    ['TOKEN_URL: is not an absolute URL', { TOKEN_URL: '/token' }],
    ['TOKEN_URL: is not https. Expected: https, or http on 127.0.0.1', { TOKEN_URL: 'http://a.test/token' }],
    ['TOKEN_URL: contains credentials', { TOKEN_URL: 'https://a:b@a.test/token' }],
    ['REVOKE_URL: is not an absolute URL', { REVOKE_URL: 'none' }],
    ['CLIENT_ID: is missing', { CLIENT_ID: '' }],
    ['USERNAME: is missing', { USERNAME: '' }],
    ['PASSWORD: is missing', { PASSWORD: '' }],
    ['CLIENT_AUTH: is unknown. Expected: basic, post, none, any,', { CLIENT_AUTH: 'basic,jwt' }],
    [
      'CLIENT_AUTH: private_key_jwt cannot be checked, because Latchkey signs no client assertions (RFC 7523)',
      { CLIENT_AUTH: 'private_key_jwt' },
    ],
    ['CLIENT_AUTH: client_secret_jwt cannot be checked', { CLIENT_AUTH: 'client_secret_jwt' }],
    [
      'CLIENT_AUTH: tls_client_auth cannot be checked, because Latchkey sends no client certificate (RFC 8705)',
      { CLIENT_AUTH: 'mtls' },
    ],
    ['SCOPE: contains an invalid character', { SCOPE: 'a "b"' }],
    ['ACCESS_TTL: is not a positive whole number', { ACCESS_TTL: '1 hour' }],
  ])('makes the command exit with 2 and print: %s', async (message, changes) => {
    const lines = Object.entries({ ...completeFile, ...changes }).map(([key, value]) => `${key}=${value}`)
    const { code, output } = await runFile(lines.join('\n'))
    expect(output).toMatch(/^Cannot use .*server\.env: /)
    expect(output).toContain(message)
    expect(code).toBe(2)
  })

  it('makes the command exit with 2 when it does not exist, and when no file is named', async () => {
    let output = ''
    const write = (text: string): void => void (output += text)
    expect(await main([join(folder, 'none.env')], write)).toBe(2)
    expect(await main([], write)).toBe(2)
    expect(output).toMatch(/^Cannot use .*none\.env: the file cannot be read\nUsage: /)
  })
})

type Metadata = Record<string, unknown>

function useHttps(metadata: Metadata): Metadata {
  return JSON.parse(JSON.stringify(metadata).replaceAll('http:', 'https:')) as Metadata
}

function doubleSlash(metadata: Metadata): Metadata {
  return { ...metadata, token_endpoint: String(metadata['token_endpoint']).replace('/token', '//token') }
}

function removeEndpoints({ issuer, token_endpoint }: Metadata): Metadata {
  return { issuer, token_endpoint, grant_types_supported: ['authorization_code'] }
}

function changeIssuer(metadata: Metadata): Metadata {
  return { ...metadata, issuer: 'https://accounts.example.com' }
}
