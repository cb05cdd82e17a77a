import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../src/config/index.ts'
import type { BffOptions, Secret } from '../src/index.ts'
import { createBff, memoryStore } from '../src/index.ts'
import { secretFile } from '../src/node.ts'
import { axosoft, oauth2 } from '../src/providers/index.ts'
import {
  createClock,
  createSecondBff,
  createTestBff,
  createTestLogger,
  flushPromises,
} from './support/browser.ts'
import { runTestDoctor, secret as doctorSecret } from './support/run-doctor.ts'
import type { ReceivedRequest, Reply } from './support/token-endpoint.ts'
import { grantsOf, hangUntilReleased, rotating } from './support/token-endpoint.ts'

const oldSecret = 'canary-of-the-old-secret'
const newSecret = 'canary-of-the-new-secret'
const longSecret = 'a secret for sessions, of more than 32 characters'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-secrets-'))
afterAll(() => rmSync(folder, { recursive: true }))

const createProvider = (clientSecret: Secret): BffOptions['provider'] =>
  oauth2({
    tokenEndpoint: 'https://as.example.com/token',
    revocationEndpoint: 'https://as.example.com/revoke',
    clientId: 'portal',
    clientSecret,
    clientAuth: 'post',
  })

const sentSecret = ({ parameters }: ReceivedRequest): string | null => parameters.get('client_secret')

/** A vault whose secret changes, and an authorization server that accepts one secret at a time. */
interface Vault {
  /** What the function returns; an error is thrown. */
  content: string | Error
  /** What the server accepts. */
  accepted: string
  reads: number
  read: () => Promise<string>
  reply: Reply
}

function createVault(reply: Reply = rotating()): Vault {
  const vault: Vault = {
    content: oldSecret,
    accepted: oldSecret,
    reads: 0,
    read: async (): Promise<string> => {
      vault.reads += 1
      if (vault.content instanceof Error) throw vault.content
      return vault.content
    },
    reply: (request) =>
      sentSecret(request) === vault.accepted
        ? reply(request)
        : Response.json({ error: 'invalid_client' }, { status: 401 }),
  }
  return vault
}

function setUp(reply?: Reply) {
  const vault = createVault(reply)
  const test = createTestBff(vault.reply, { provider: createProvider(vault.read) })
  const replace = (): void => void Object.assign(vault, { content: newSecret, accepted: newSecret })
  return { ...test, vault, replace, listSentSecrets: () => test.endpoint.requests.map(sentSecret) }
}

describe('a client secret from a function', () => {
  it('is read once for all requests of a minute', async () => {
    const { signIn, token, clock, vault, listSentSecrets } = setUp(rotating(10))
    expect((await signIn()).status).toBe(200)
    await clock.pass(11)
    expect((await token(1)).status).toBe(200)
    expect([vault.reads, listSentSecrets()]).toEqual([1, [oldSecret, oldSecret]])
    await clock.pass(50)
    await token(2)
    expect(vault.reads).toBe(2)
  })

  it('is read again after invalid_client, and the grant runs once more with the new one', async () => {
    const { signIn, log, replace, listSentSecrets } = setUp()
    await signIn()
    replace()
    expect((await signIn()).status).toBe(200)
    expect(listSentSecrets()).toEqual([oldSecret, oldSecret, newSecret])
    expect(log.filter((line) => line.startsWith('Client secret replaced'))).toHaveLength(1)
    expect(log.join()).not.toContain('canary')
  })

  it('keeps all users signed in when it is replaced: sessions that refresh at once read it once', async () => {
    const { openBrowser, clock, vault, replace, endpoint } = setUp(() =>
      Response.json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 40 }),
    )
    const browsers = [openBrowser(), openBrowser(), openBrowser()]
    for (const browser of browsers) await browser.signIn()
    await clock.pass(41)
    replace()
    const responses = await Promise.all(browsers.map((browser) => browser.token(1)))
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(vault.reads).toBe(2)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(6)
  })

  it('is not read again when another request has read the new one meanwhile', async () => {
    const { signIn, vault, replace, endpoint } = setUp()
    await signIn()
    replace()
    const { reply: late, release } = hangUntilReleased(vault.reply)
    endpoint.script(late, vault.reply)
    const slow = signIn()
    await vi.waitFor(() => expect(endpoint.requests).toHaveLength(2))
    expect((await signIn()).status).toBe(200)
    release()
    expect((await slow).status).toBe(200)
    expect(vault.reads).toBe(2)
    expect(grantsOf(endpoint, 'password').map(sentSecret)).toEqual([
      oldSecret,
      oldSecret,
      oldSecret,
      newSecret,
      newSecret,
    ])
  })

  it('is not sent again when it is the same, and not a third time when the new one is rejected too', async () => {
    const { signIn, vault, listSentSecrets } = setUp()
    vault.accepted = 'another'
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(listSentSecrets()).toEqual([oldSecret])
    vault.content = newSecret
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(listSentSecrets()).toEqual([oldSecret, oldSecret, newSecret])
  })

  it('is read again for a revocation that the server rejects', async () => {
    const { signIn, signOut, bff, replace, endpoint } = setUp((request) =>
      request.url.pathname === '/revoke' ? new Response(null) : issue(request),
    )
    const issue = rotating()
    await signIn()
    replace()
    await signOut()
    await bff.close()
    const revocations = endpoint.requests.filter(({ url }) => url.pathname === '/revoke')
    expect(revocations.map(sentSecret)).toEqual([oldSecret, newSecret])
  })

  it('that cannot be read gives 503 and ends no session, and is read at the next request', async () => {
    const { signIn, restore, vault, log, endpoint } = setUp()
    vault.content = new Error(`the token ${newSecret} of the vault has expired`)
    const response = await signIn()
    expect(response).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(log.join('\n')).toContain('Reading the client secret failed: its function threw an error')
    expect(log.join('\n') + response.text).not.toContain('canary')
    expect(endpoint.requests).toHaveLength(0)
    vault.content = oldSecret
    expect((await signIn()).status).toBe(200)
    expect((await restore()).body.session).not.toBeNull()
  })

  it('that cannot be read again stays as it was, and the log says so', async () => {
    const { signIn, clock, vault, log } = setUp()
    await signIn()
    await clock.pass(61)
    vault.content = ''
    expect((await signIn()).status).toBe(200)
    expect((await signIn()).status).toBe(200)
    expect(vault.reads).toBe(2)
    expect(log.filter((line) => line.includes('uses the one that it read before'))).toEqual([
      expect.stringContaining('did not return a string that is not empty'),
    ])
  })

  it('has the seconds of timeout to be read', async () => {
    const provider = createProvider(() => new Promise<string>(() => {}))
    const { signIn, clock, log } = createTestBff(rotating(), { provider, timeout: 3 })
    const response = signIn()
    await flushPromises()
    await clock.pass(3)
    await clock.pass(0)
    expect((await response).status).toBe(503)
    expect(log.join('\n')).toContain('did not return within 3 s')
  })

  it('gets the machine token of an application, also after it was replaced', async () => {
    const vault = createVault(() =>
      Response.json({ access_token: 'machine', token_type: 'Bearer', expires_in: 900 }),
    )
    const { restore, clock, endpoint } = createTestBff(vault.reply, {
      provider: oauth2({
        grant: 'client_credentials',
        tokenEndpoint: 'https://as.example.com/token',
        clientId: 'app',
        clientSecret: vault.read,
        clientAuth: 'post',
      }),
      mode: 'proxy',
      authorize: () => ({ subject: 'ada' }),
    })
    const first = await restore()
    expect(first.body.session).toBeTruthy()
    Object.assign(vault, { content: newSecret, accepted: newSecret })
    await clock.pass(901)
    const second = await restore()
    expect(second.body.session?.session_id).toBe(first.body.session?.session_id)
    expect(endpoint.requests.map(sentSecret)).toEqual([oldSecret, newSecret])
  })
})

/** A BFF with a user whose session is sealed with a secret. */
async function signInWithSecret() {
  const clock = createClock()
  const store = memoryStore({ now: clock.now })
  const first = createTestBff(rotating(), { secret: longSecret, store }, clock)
  await first.signIn()
  return { first, store }
}

describe('a secret for sessions from a function', () => {
  it('opens the sessions that the same text has sealed, and runs once', async () => {
    const { first, store } = await signInWithSecret()
    let reads = 0
    const read = async (): Promise<string> => {
      reads += 1
      return longSecret
    }
    const { restore } = createSecondBff(first, {
      secret: ['another secret of at least 32 characters', read],
      store,
    })
    const responses = await Promise.all([restore(), restore()])
    for (const { body } of responses) expect(body.session).toBeTruthy()
    expect(reads).toBe(1)
    const other = createSecondBff(first, { secret: async () => `${longSecret}!`, store })
    expect((await other.restore()).body.session).toBeNull()
  })

  it('is loaded before bff.session reads a session', async () => {
    const { first, store } = await signInWithSecret()
    const { bff } = createSecondBff(first, { secret: async () => longSecret, store })
    const cookie = [...first.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = new Request('https://portal.example.com/', { headers: { Cookie: cookie } })
    expect((await bff.session(request)).status).toBe('signed-in')
  })

  it('that cannot be read gives 503 and keeps the cookie, until it can be read', async () => {
    const { first, store } = await signInWithSecret()
    let content = secretFile(join(folder, 'not yet mounted'))
    const second = createSecondBff(first, { secret: () => content(), store })
    const response = await second.restore()
    expect(response).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(response.headers.get('Set-Cookie')).toBeNull()
    expect(second.log.join('\n')).toMatch(/Reading the option secret failed: the file .* \(ENOENT\)/)
    content = () => longSecret
    expect((await second.restore()).body.session).toBeTruthy()
  })

  it('that is too short gives 500, and the log says how long it is', async () => {
    const { signIn, log } = createTestBff(rotating(), { secret: () => oldSecret })
    expect((await signIn()).status).toBe(500)
    expect(log.join('\n')).toContain('its function returned 24 characters. Expected: at least 32')
    expect(log.join('\n')).not.toContain(oldSecret)
  })
})

describe('a secret in a file', () => {
  const file = join(folder, 'client')

  it('is read without the white space at both ends, and again after the file was replaced', async () => {
    const { vault, ...test } = setUp()
    const { signIn, log, endpoint } = createTestBff(vault.reply, {
      provider: createProvider(secretFile(file)),
    })
    writeFileSync(file, `\u{feff}${oldSecret}\r\n`)
    expect((await signIn()).status).toBe(200)
    writeFileSync(file, ` ${newSecret}\n`)
    Object.assign(vault, { accepted: newSecret })
    expect((await signIn()).status).toBe(200)
    expect(endpoint.requests.map(sentSecret)).toEqual([oldSecret, oldSecret, newSecret])
    expect([...log, ...test.log].join()).not.toContain('canary')
  })

  it('that is empty gives 503, and the log names the file', async () => {
    writeFileSync(file, '\n')
    const { signIn, log } = createTestBff(rotating(), { provider: createProvider(secretFile(file)) })
    expect((await signIn()).status).toBe(503)
    expect(log.join('\n')).toContain(`the file ${file} is empty`)
  })

  it('is written as { "file": … } in the configuration file', async () => {
    writeFileSync(file, oldSecret)
    const config = {
      provider: {
        preset: 'axosoft',
        site: 'https://acct.axosoft.com',
        clientId: 'a',
        clientSecret: { file },
      },
      secret: [{ file }, longSecret],
    }
    const options = parseConfig(JSON.stringify(config), {})
    expect(options.provider.id).toBe(
      axosoft({ site: 'https://a.example', clientId: 'a', clientSecret: 'b' }).id,
    )
    const secrets = [options.provider.client?.secret, ...[options.secret].flat()]
    const texts = secrets.map(async (secret) => (typeof secret === 'function' ? secret() : secret))
    expect(await Promise.all(texts)).toEqual([oldSecret, oldSecret, longSecret])
    expect(createBff({ ...options, logger: createTestLogger() }).basePath).toBe('/auth')
  })

  it('is read by the doctor, which sends it and does not print it', async () => {
    writeFileSync(file, doctorSecret)
    const provider = {
      ...createProvider('s3cret'),
      client: { id: 'portal', secret: { file } },
    }
    const { text, requests, rows } = await runTestDoctor(rotating(), provider)
    expect(requests.map(sentSecret)).toContain(doctorSecret)
    expect(text).not.toContain(doctorSecret)
    expect(rows.join('\n')).not.toContain('No configuration')
  })

  it('that is missing stops the doctor, which names it', async () => {
    const provider = { ...createProvider('s3cret'), client: { id: 'portal', secret: { file: 'none.txt' } } }
    const { code, text } = await runTestDoctor(rotating(), provider)
    expect(code).toBe(2)
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'reading the client secret failed: the file none.txt cannot be read (ENOENT)',
    )
  })
})
