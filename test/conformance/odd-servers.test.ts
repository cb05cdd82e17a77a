import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Oddities } from './odd-server.ts'
import { startOddServer } from './odd-server.ts'
import { main } from './run.ts'
import type { Server } from './server.ts'
import { fileOf } from './server-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-odd-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function outcomeOf(file: string): Promise<{ code: number; written: string }> {
  const path = join(folder, 'server.env')
  await writeFile(path, file)
  let written = ''
  const code = await main([path], (text) => (written += text))
  return { code, written }
}

async function outcomeFor(
  oddities: Oddities,
  said: Partial<Server> = {},
): Promise<{ code: number; written: string }> {
  const { server, stop } = await startOddServer(oddities)
  try {
    return await outcomeOf(fileOf({ ...server, ...said }))
  } finally {
    await stop()
  }
}

describe('a server with manners of its own passes', () => {
  it.each<[string, Oddities, string]>([
    ['that has none', {}, 'ok       wrong password (basic)\n'],
    [
      'that refuses a refresh by name',
      {},
      'elsewhere (basic): the session ends: 401 login_required refresh_rejected',
    ],
    [
      'that refuses a password with an empty 403',
      { refusedSignIn: 'empty 403' },
      'ok       unknown user (basic)\n',
    ],
    [
      'that closes the connection at a wrong password',
      { refusedSignIn: 'closed connection' },
      'ok       wrong password (basic): 503 temporarily_unavailable, because the server said nothing',
    ],
    [
      'that breaks down at a wrong password',
      { refusedSignIn: 'html 500' },
      'ok       wrong password (basic): 503 temporarily_unavailable, because the server said 500\n',
    ],
    [
      'that refuses a refresh with an empty 400',
      { refusedRefresh: 'empty 400' },
      'elsewhere (basic): the session stays: 503 temporarily_unavailable',
    ],
    [
      'that closes the connection instead of refusing a refresh',
      { refusedRefresh: 'closed connection' },
      'elsewhere (basic): the session stays: 503 temporarily_unavailable',
    ],
    [
      'that does not blame the client for its wrong secret',
      { wrongClient: 'empty 400' },
      'ok       wrong client secret (basic): 401 invalid_credentials',
    ],
    [
      'that does not look at the client secret',
      { wrongClient: 'tokens' },
      'skipped  wrong client secret (basic) because the server gives a token',
    ],
    [
      'that omits the refresh token from a refresh',
      { rotation: 'omitted' },
      'ok       refresh (basic): the refresh token stays the same\n',
    ],
    [
      'that takes a refresh token again and again',
      { rotation: 'same' },
      'elsewhere (basic): the session goes on',
    ],
    [
      'that gives no refresh token',
      { refreshTokens: false },
      'skipped  refresh (basic) because the sign-in brings no refresh token\n',
    ],
    ['that writes a lifetime as text', { lifetime: '59' }, 'ok       sign in (basic)\n'],
    [
      'that gives a token of some age',
      { lifetime: 20 },
      'ok       sign in (basic): the token lives 20 s, less than its file says\n',
    ],
    [
      'that does not tell a lifetime',
      { lifetime: 'soon' },
      'ok       sign in (basic): the server does not say how long its token lives\n',
    ],
    ['that does not tell the scope', { scopeInAnswers: false }, 'ok       sign in (basic)\n'],
    ['whose old access token dies at a refresh', { oldAccessToken: 'dies' }, 'ok       refresh (basic)\n'],
    [
      'that revokes for Basic alone',
      { revocation: 'basic only' },
      'skipped  revoke (post) because the revocation endpoint said an empty 401; it knows the client by basic\n',
    ],
    [
      'whose document omits endpoints and grants',
      { metadata: bare },
      'skipped  revoke (basic) because there is no REVOKE_URL, and discovery names no',
    ],
    [
      'whose document names https where http is served',
      { metadata: https },
      'skipped  discovery (basic) because the document names https://127.0.0.1',
    ],
    ['whose document doubles a slash', { metadata: doubled }, 'ok       discovery (basic)\n'],
    [
      'whose document names another issuer',
      { metadata: otherIssuer },
      'ok       discovery (basic): the issuer had to be named beside',
    ],
    [
      'that gives the application no token of its own',
      {},
      'skipped  client_credentials (basic) because this client gets no token of its own: the server said 400 unauthorized_client\n',
    ],
    [
      'that gives the application a token of its own',
      { clientCredentials: true },
      'ok       client_credentials (basic)\n',
    ],
    [
      'whose userinfo wants openid',
      { userinfo: 'wants openid' },
      'skipped  the token opens userinfo (basic) because the scope is without openid',
    ],
  ])('one %s', async (_, oddities, row) => {
    const { code, written } = await outcomeFor(oddities)
    expect(written).not.toContain('FAILED')
    expect(written).toContain(row)
    expect(code).toBe(0)
  })
})

describe('a server that does not do what its file says fails', () => {
  it.each<[string, Oddities, string]>([
    [
      'one that takes any password',
      { refusedSignIn: 'tokens' },
      'FAILED   wrong password (basic): somebody is signed in',
    ],
    [
      'one whose tokens live longer',
      { lifetime: 3600 },
      'FAILED   sign in (basic): the server gives tokens of 3600 s, its file says 60\n',
    ],
    [
      'one that revokes nothing',
      { revocation: 'does nothing' },
      'FAILED   revoke (basic): the server takes the refresh token that was given back\n',
    ],
    [
      'one that refuses to revoke',
      { revocation: 'refuses' },
      'FAILED   revoke (basic): the revocation endpoint said an empty 401\n',
    ],
  ])('%s', async (_, oddities, row) => {
    const { code, written } = await outcomeFor(oddities)
    expect(written).toContain(row)
    expect(code).toBe(1)
  })
})

describe('a file may leave out', () => {
  const nothing = { discoveryUrl: null, revokeUrl: null, userinfoUrl: null, scope: '', rotation: '' }

  it.each<[string, Oddities, Partial<Server>, string]>([
    [
      'the secret of a public client',
      { wrongClient: 'tokens' },
      { clientSecret: '' },
      'ok       refresh (no secret)\n',
    ],
    ['the token endpoint, where there is discovery', {}, { tokenUrl: null }, 'ok       refresh (basic)\n'],
    ['how long a token lives', {}, { accessTokenLifetime: null }, 'ok       sign in (basic)\n'],
    [
      'all else but who signs in where',
      { lifetime: 'soon' },
      { ...nothing, clientAuth: [], accessTokenLifetime: null },
      'ok       refresh (basic)\n',
    ],
  ])('%s', async (_, oddities, said, row) => {
    const { code, written } = await outcomeFor(oddities, said)
    expect(written).not.toContain('FAILED')
    expect(written).toContain(row)
    expect(code).toBe(0)
  })
})

describe('a file that cannot be used', () => {
  const good = { TOKEN_URL: 'https://a.test/token', CLIENT_ID: 'c', USERNAME: 'u', PASSWORD: 'p' }

  it.each<[string, Record<string, string>]>([
    ['TOKEN_URL or DISCOVERY_URL must be given', { TOKEN_URL: '' }],
    ['TOKEN_URL must be an absolute URL', { TOKEN_URL: '/token' }],
    ['TOKEN_URL must be https; plain http is for 127.0.0.1', { TOKEN_URL: 'http://a.test/token' }],
    ['TOKEN_URL must hold no credentials', { TOKEN_URL: 'https://a:b@a.test/token' }],
    ['REVOKE_URL must be an absolute URL', { REVOKE_URL: 'none' }],
    ['CLIENT_ID must be given', { CLIENT_ID: '' }],
    ['USERNAME must be given', { USERNAME: '' }],
    ['PASSWORD must be given', { PASSWORD: '' }],
    ['CLIENT_AUTH must be basic, post, or both', { CLIENT_AUTH: 'basic,jwt' }],
    ['SCOPE must be values with spaces between them', { SCOPE: 'a "b"' }],
    ['ACCESS_TTL must be a whole number of seconds', { ACCESS_TTL: '1 hour' }],
  ])('ends with 2 and says: %s', async (message, changed) => {
    const lines = Object.entries({ ...good, ...changed }).map(([key, value]) => `${key}=${value}`)
    const { code, written } = await outcomeOf(lines.join('\n'))
    expect(written).toContain(`server.env cannot be used: ${message}`)
    expect(code).toBe(2)
  })

  it('ends with 2 when it is not there, or none is named', async () => {
    let written = ''
    const write = (text: string): void => void (written += text)
    expect(await main([join(folder, 'none.env')], write)).toBe(2)
    expect(await main([], write)).toBe(2)
    expect(written).toMatch(/none\.env cannot be used: it cannot be read\nName one file/)
  })
})

type Metadata = Record<string, unknown>

function https(document: Metadata): Metadata {
  return JSON.parse(JSON.stringify(document).replaceAll('http:', 'https:')) as Metadata
}

function doubled(document: Metadata): Metadata {
  return { ...document, token_endpoint: String(document['token_endpoint']).replace('/token', '//token') }
}

function bare({ issuer, token_endpoint }: Metadata): Metadata {
  return { issuer, token_endpoint, grant_types_supported: ['authorization_code'] }
}

function otherIssuer(document: Metadata): Metadata {
  return { ...document, issuer: 'https://accounts.example.com' }
}
