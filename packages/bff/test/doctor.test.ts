import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Terminal } from '../src/doctor/terminal-prompt.ts'
import { createTerminalPrompt } from '../src/doctor/terminal-prompt.ts'
import type { DoctorRun } from './support/run-doctor.ts'
import { runTestDoctor, secret, getClientAuthMethod } from './support/run-doctor.ts'
import type { ReceivedRequest, Reply } from './support/token-endpoint.ts'
import { failWithCode, grantsOf, json, raw, rotating } from './support/token-endpoint.ts'

const as = 'https://as.example.com'
const oauth2 = {
  preset: 'oauth2',
  tokenEndpoint: `${as}/token`,
  clientId: 'portal',
  clientSecret: '${SECRET}',
  scope: ['read'],
}
const classy = { preset: 'classy', clientId: 'portal', clientSecret: '${SECRET}', site: as }

const invalidClient = { error: 'invalid_client' }
const invalidGrant = { error: 'invalid_grant' }

/** A server that takes its client in some ways, and says so to a refresh token that it does not know. */
function server(
  takes: (string | null)[],
  more: (asked: ReceivedRequest) => Response | null = () => null,
): Reply {
  return (asked) => {
    if (asked.method === 'HEAD') return new Response(null)
    if (!takes.includes(getClientAuthMethod(asked))) return Response.json(invalidClient, { status: 401 })
    return more(asked) ?? Response.json(invalidGrant, { status: 400 })
  }
}

const healthy = server(['form', 'raw', 'post'])

/** Answers to the token endpoint, where the rest of the host answers anything. */
function answering(reply: Reply): Reply {
  return (asked) => (asked.method === 'HEAD' ? new Response(null) : reply(asked))
}

/** The one row that speaks of this. */
function row({ rows }: DoctorRun, check: string): string {
  const found = rows.filter((one) => one.replace(/^\w+ /, '').startsWith(check))
  expect(found).toHaveLength(1)
  return found[0] ?? ''
}

describe('the doctor', () => {
  it("finds nothing where all is right, sends nobody's password, and signs nobody in", async () => {
    const { code, text, troubles, requests: asked } = await runTestDoctor(healthy, oauth2)
    expect(troubles).toEqual([])
    expect(code).toBe(0)
    expect(text).toMatch(/Nothing failed\. .*--sign-in/s)
    for (const { parameters } of asked) {
      expect(parameters.get('grant_type') ?? 'none').toMatch(/^(none|refresh_token)$/)
      expect(parameters.has('password')).toBe(false)
    }
  })

  it('writes lines of at most 100 characters', async () => {
    for (const provider of [oauth2, { ...oauth2, clientSecrt: 'x'.repeat(300) }, classy]) {
      const { text } = await runTestDoctor(server([]), provider, {
        options: { origin: 'http://portal.example.com' },
      })
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    }
  })

  it('answers 2 for a file that cannot be used, and asks nobody anything', async () => {
    const {
      code,
      text,
      requests: asked,
    } = await runTestDoctor(healthy, { ...oauth2, clientSecret: '${SECRT}' })
    expect(code).toBe(2)
    expect(text).toMatch(/provider\.clientSecret: the environment variable SECRT is not set/)
    expect(asked).toEqual([])
  })

  it('answers 1 where something failed, and 0 where there is something to look at', async () => {
    expect((await runTestDoctor(server([]), oauth2)).code).toBe(1)
    const { code, troubles } = await runTestDoctor(healthy, { ...oauth2, clientSecret: secret })
    expect(code).toBe(0)
    expect(troubles).toHaveLength(1)
  })
})

describe('the environment and the settings', () => {
  it.each<[string, object, object, RegExp]>([
    ['a secret in the file', { clientSecret: secret }, {}, /provider\.clientSecret stands in the file/],
    ['a variable with white space', {}, { environment: { SECRET: `${secret}\n` } }, /SECRET begins or ends/],
    ['a proxy without a path', {}, { options: { mode: 'proxy' } }, /nothing may pass/],
    [
      'an origin that browsers do not trust',
      {},
      { options: { origin: 'http://portal.example.com' } },
      /Secure/,
    ],
  ])('warn of %s', async (_, change, more, message) => {
    const { troubles } = await runTestDoctor(
      answering(json(invalidGrant, 400)),
      { ...oauth2, ...change },
      more,
    )
    expect(troubles.join('\n')).toMatch(message)
  })

  it('warn of passwords in a URL', async () => {
    const axosoft = { preset: 'axosoft', site: as, clientId: 'portal', clientSecret: '${SECRET}' }
    expect(row(await runTestDoctor(healthy, axosoft), 'settings')).toMatch(/^warn.*password grant.*query/)
  })

  it('warn of a token of the application that browsers get', async () => {
    const options = { dangerouslyGiveMachineTokenToBrowser: true }
    expect(row(await runTestDoctor(healthy, classy, { options }), 'settings')).toMatch(
      /^warn.*whole application/,
    )
  })
})

describe('the way to the host', () => {
  it.each([
    ['ENOTFOUND', 'its host name is not known'],
    ['ECONNREFUSED', 'nothing listens there'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host name'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
  ])('is closed by %s: it says what to look at, and looks at nothing else', async (error, advice) => {
    const { code, troubles, rows, requests: asked } = await runTestDoctor(failWithCode(error), oauth2)
    expect(code).toBe(1)
    expect(troubles).toHaveLength(1)
    expect(row({ rows } as DoctorRun, 'host')).toContain(advice)
    expect(asked).toHaveLength(1)
  })

  it('is open where only the front page of the host is broken', async () => {
    const reply: Reply = (asked) =>
      asked.method === 'HEAD' ? failWithCode('ECONNRESET')(asked) : healthy(asked)
    const examination = await runTestDoctor(reply, oauth2)
    expect(row(examination, 'host')).toMatch(/^warn/)
    expect(row(examination, 'client')).toMatch(/^ok/)
  })

  it.each([
    [90, /this machine is 90 s ahead of the server/],
    [-3600, /this machine is 3600 s behind the server/],
  ])('shows a clock that is off by %i s', async (off, message) => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    const headers = { Date: new Date(now - off * 1000).toUTCString() }
    const { rows } = await runTestDoctor(answering(json(invalidGrant, 400, headers)), oauth2, { now })
    expect(row({ rows } as DoctorRun, 'clock')).toMatch(message)
  })
})

describe('discovery', () => {
  const issuer = `${as}/realm`
  const provider = { ...oauth2, tokenEndpoint: undefined, issuer }
  const metadata = { issuer, token_endpoint: `${issuer}/token`, grant_types_supported: ['password'] }
  const serving =
    (document: Reply): Reply =>
    (asked) =>
      asked.url.pathname.includes('.well-known') ? document(asked) : healthy(asked)

  it('is right where the document is', async () => {
    expect((await runTestDoctor(serving(json(metadata)), provider)).troubles).toEqual([])
  })

  it.each<[string, Reply, RegExp]>([
    [
      'another issuer',
      json({ ...metadata, issuer: `${issuer}/` }),
      /FAILED.*write "https:\/\/as\.example\.com\/realm\/"/,
    ],
    ['no document', raw('', 404), /FAILED.*responded with 404.*flavour/],
    ['a page', raw('<html>'), /FAILED.*not a discovery document/],
    [
      'no token endpoint',
      json({ ...metadata, token_endpoint: undefined }),
      /FAILED.*token_endpoint is missing/,
    ],
    [
      'the grant not named',
      json({ ...metadata, grant_types_supported: [] }),
      /warn.*does not list the grant password/,
    ],
    [
      'a token endpoint elsewhere',
      json({ ...metadata, token_endpoint: 'https://login.example.com/token' }),
      /warn.*token_endpoint is on another host, login\.example\.com/,
    ],
  ])('tells of %s, and what to change', async (_, document, message) => {
    const examination = await runTestDoctor(serving(document), provider)
    expect(examination.troubles).toHaveLength(1)
    expect(row(examination, 'discovery')).toMatch(message)
  })
})

describe('the token endpoint', () => {
  it.each<[string, Reply, RegExp]>([
    ['redirects', raw('', 302, { Location: '/login?secret=1' }), /FAILED.*a redirect to \/login fix/],
    [
      'redirects elsewhere',
      raw('', 301, { Location: 'https://x.example/a?b' }),
      /to https:\/\/x\.example\/a fix/,
    ],
    ['is a page', raw('<!doctype html>'), /FAILED.*page for people/],
    ['is not there', raw('', 404), /FAILED.*nothing at this address/],
    ['takes no POST', raw('', 405), /FAILED.*does not take this method/],
    ['takes no form', raw('', 415), /FAILED.*encoding to "json"/],
    ['is busy', raw('', 429), /warn.*asked too often/],
    ['breaks', raw('', 500), /warn.*answers 500/],
    ['stands behind a firewall', raw('<html>', 403), /warn.*firewall/],
  ])('that %s is told, with what to do', async (_, reply, message) => {
    expect(row(await runTestDoctor(answering(reply), oauth2), 'token endpoint')).toMatch(message)
  })

  it('that does not know the grant is told', async () => {
    const unknown = server(['form'], () => Response.json({ error: 'unauthorized_client' }, { status: 400 }))
    expect(row(await runTestDoctor(unknown, oauth2), 'grant')).toMatch(/^warn.*may not use this grant/)
    const noRefresh = { ...oauth2, refresh: false }
    expect(row(await runTestDoctor(unknown, noRefresh), 'grant')).toMatch(/^FAILED.*may not use this grant/)
  })

  it('is asked about nobody where no refresh token is ever used', async () => {
    const { requests } = await runTestDoctor(healthy, { ...oauth2, refresh: false })
    const [first] = grantsOf({ requests } as Parameters<typeof grantsOf>[0], 'password')
    expect(first?.parameters.get('username')).toMatch(/^latchkey-doctor-/)
    expect(first?.parameters.get('password')).toMatch(/^latchkey-doctor-/)
  })
})

describe('the client', () => {
  it.each<[string[], object, RegExp]>([
    [
      ['form', 'raw', 'post'],
      {},
      /^ok .*accepted by Basic \(form-encoded\); also by Basic \(raw\), the body$/,
    ],
    [['form'], {}, /^ok .*accepted by Basic \(form-encoded\); not by Basic \(raw\), the body$/],
    [['raw', 'post'], {}, /^FAILED .*secret is right.*write "clientAuth": "basic", "basicEncoding": "raw"$/],
    [['post'], {}, /^FAILED .*secret is right.*write "clientAuth": "post"$/],
    [['form'], { clientAuth: 'post' }, /^FAILED .*write "clientAuth": "basic", "basicEncoding": "form"$/],
    [[], {}, /^FAILED .*the client is refused, by Basic .*client secret in SECRET with what the server has/],
  ])('that a server takes by %j is told apart', async (takes, change, message) => {
    expect(row(await runTestDoctor(server(takes), { ...oauth2, ...change }), 'client')).toMatch(message)
  })

  it('cannot be judged where a made-up secret gets the same answer', async () => {
    for (const reply of [raw('', 400), raw('', 401), json(invalidGrant, 400)])
      expect(row(await runTestDoctor(answering(reply), oauth2), 'client')).toMatch(
        /^warn .*answers alike to the configured secret and to a made-up one fix: sign in/,
      )
  })

  it('cannot be judged while the server is busy', async () => {
    expect(row(await runTestDoctor(answering(raw('', 503)), oauth2), 'client')).toMatch(/^warn .*busy/)
  })

  it('is judged by revocation where the token endpoint says nothing', async () => {
    const reply: Reply = (asked) =>
      asked.url.pathname === '/revoke'
        ? server(['raw'], () => new Response(null))(asked)
        : new Response(null, { status: 400 })
    const provider = { ...oauth2, revocationEndpoint: `${as}/revoke` }
    expect(row(await runTestDoctor(reply, provider), 'client')).toMatch(/^FAILED .*"basicEncoding": "raw"$/)
  })

  it('is not taken to be right in a way that the server does not look at', async () => {
    const reply: Reply = (asked) =>
      asked.headers.has('Authorization')
        ? Response.json({ error: 'invalid_request' }, { status: 400 })
        : server(['post'])(asked)
    expect(row(await runTestDoctor(reply, oauth2), 'client')).toMatch(/^FAILED .*write "clientAuth": "post"$/)
  })

  it('of a preset without that option needs a description', async () => {
    const provider = {
      preset: 'classSuper',
      business: 'B',
      scope: [],
      clientId: 'portal',
      clientSecret: '${SECRET}',
    }
    const examination = await runTestDoctor(server(['post']), { ...provider, tokenEndpoint: `${as}/token` })
    expect(row(examination, 'client')).toMatch(/the preset classSuper has no option for this/)
  })

  it('without a secret is taken, or told to bring one', async () => {
    const provider = { ...oauth2, clientSecret: undefined }
    expect(row(await runTestDoctor(answering(json(invalidGrant, 400)), provider), 'client')).toMatch(/^ok/)
    expect(row(await runTestDoctor(healthy, provider), 'client')).toMatch(/^FAILED .*needs a secret/)
  })

  it('that a person is, is not asked about', async () => {
    const provider = { preset: 'brightPattern', tenant: 'acme.brightpattern.com' }
    const { rows } = await runTestDoctor(answering(json(invalidClient, 401)), provider)
    expect(rows.join('\n')).not.toContain('client')
  })
})

describe('an application that signs itself in', () => {
  const issuing = server(['post'], ({ parameters }) =>
    parameters.get('grant_type') === 'client_credentials'
      ? Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 3600 })
      : null,
  )

  it('gets a token, whose lifetime is shown', async () => {
    const examination = await runTestDoctor(issuing, classy, { options: { mode: 'proxy' } })
    expect(row(examination, 'token it')).toMatch(/^ok .*lives for 3600 s; no refresh token came/)
    expect(examination.code).toBe(0)
    const grants = examination.requests.map(({ parameters }) => parameters.get('grant_type'))
    expect(grants.filter((name) => name === 'client_credentials')).toHaveLength(1)
  })

  it('asks for no more tokens than it must', async () => {
    const provider = {
      id: 'app',
      client: { id: 'portal', secret: '${SECRET}' },
      login: { mode: 'automatic' },
      token: { url: `${as}/token` },
      grants: { client_credentials: { clientAuth: 'post' } },
      refresh: { mode: 'reissue' },
    }
    const { requests: asked, rows } = await runTestDoctor(issuing, provider, { options: { mode: 'proxy' } })
    expect(row({ rows } as DoctorRun, 'client')).toMatch(/^ok/)
    expect(asked.filter((one) => getClientAuthMethod(one) !== null)).toHaveLength(1)
  })

  it('is told why it gets none', async () => {
    const provider = { ...classy, clientSecret: 'wrong' }
    const wrong = await runTestDoctor(issuing, provider, { options: { mode: 'proxy' } })
    expect(row(wrong, 'client')).toMatch(/^FAILED/)
    const forbidden = server(['post'], ({ parameters }) =>
      parameters.get('grant_type') === 'client_credentials' ? new Response('<html>', { status: 403 }) : null,
    )
    const { rows } = await runTestDoctor(forbidden, classy, { options: { mode: 'proxy' } })
    expect(row({ rows } as DoctorRun, 'token the')).toMatch(/^FAILED .*integrationId/)
  })
})

describe('revocation', () => {
  const provider = { ...oauth2, revocationEndpoint: `${as}/revoke` }

  it.each([
    [200, /^ok/],
    [404, /^warn .*the endpoint answers 404/],
  ])('that answers %i is told', async (status, message) => {
    const reply = server(['form'], ({ url }) =>
      url.pathname === '/revoke' ? new Response(null, { status }) : null,
    )
    expect(row(await runTestDoctor(reply, provider), 'revocation')).toMatch(message)
  })
})

describe('a sign-in that was asked for', () => {
  const typed: Record<string, string> = { username: 'cathy', password: 'correct horse', otp: '123456' }
  const ask = async ({ name }: { name: string }): Promise<string> => typed[name] ?? ''
  const rows = async (reply: Reply, provider: object = oauth2): Promise<string> =>
    (await runTestDoctor(reply, provider, { ask })).rows.join('\n')

  it('shows the scope, the lifetime, a refresh, and signs out', async () => {
    const tokens = rotating(900)
    const reply: Reply = (asked) =>
      /doctor/.test(asked.parameters.get('refresh_token') ?? '') || asked.method === 'HEAD'
        ? healthy(asked)
        : tokens(asked)
    const shown = await rows(reply)
    expect(shown).toMatch(/ok sign-in/)
    expect(shown).toMatch(/ok token it lives for 900 s; a refresh token came/)
    expect(shown).toMatch(/ok scope granted: read/)
    expect(shown).toMatch(/ok refresh brings another token, and another refresh token/)
    expect(shown).toMatch(/ok sign-out/)
  })

  it('is not made before the client is right', async () => {
    const { requests: asked } = await runTestDoctor(server([]), oauth2, { ask })
    expect(asked.some(({ parameters }) => parameters.get('username') === 'cathy')).toBe(false)
  })

  it.each<[string, Reply, RegExp]>([
    ['refuses it', json(invalidGrant, 400), /FAILED sign-in the server refuses what was typed/],
    [
      'does not know the grant',
      json({ error: 'unsupported_grant_type' }, 400),
      /FAILED sign-in .*switched off there/,
    ],
    [
      'grants less',
      json({ access_token: 'a', token_type: 'Bearer', scope: 'other', expires_in: 9 }),
      /warn scope .*not granted: read/,
    ],
    [
      'tells no lifetime',
      json({ access_token: 'a', token_type: 'Bearer' }),
      /warn token .*nobody knows how long/,
    ],
    [
      'gives no refresh token',
      json({ access_token: 'a', token_type: 'Bearer' }),
      /warn refresh without a refresh token/,
    ],
  ])('tells of a server that %s', async (_, reply, message) => {
    const shown = await rows((asked) =>
      asked.parameters.get('grant_type') === 'password' ? reply(asked) : healthy(asked),
    )
    expect(shown).toMatch(message)
  })

  it('tells of a refresh that fails', async () => {
    const tokens = rotating()
    const shown = await rows((asked) =>
      asked.parameters.get('grant_type') === 'password' ? tokens(asked) : healthy(asked),
    )
    expect(shown).toMatch(/FAILED refresh/)
  })

  it('goes on with a code where one is asked for', async () => {
    const provider = {
      preset: 'auth0',
      domain: 'as.example.com',
      clientId: 'portal',
      clientSecret: '${SECRET}',
    }
    const shown = await rows((asked) => {
      const grant = asked.parameters.get('grant_type') ?? ''
      if (grant.includes('password-realm') || grant === 'password')
        return Response.json({ error: 'mfa_required', mfa_token: 'm' }, { status: 403 })
      if (asked.parameters.get('otp') === '123456')
        return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
      return answering(json(invalidGrant, 400))(asked)
    }, provider)
    expect(shown).toMatch(/ok sign-in/)
  })
})

describe('no secret', () => {
  const password = 'canary-of-the-password'
  const canaries = [secret, password, 'canary-of-the-token']
  const ask = async ({ hidden }: { hidden: boolean }): Promise<string> => (hidden ? password : 'cathy')
  const heard = ({ url, headers, parameters }: ReceivedRequest): string =>
    [url.href, parameters, [...headers].join(' '), ...canaries].join(' ')
  const echoes: Record<string, (asked: ReceivedRequest) => Response> = {
    'an error that is the echo': (asked) => Response.json({ error: heard(asked) }, { status: 400 }),
    invalid_client: (asked) =>
      Response.json({ error: 'invalid_client', error_description: heard(asked) }, { status: 401 }),
    'a redirect': (asked) =>
      new Response(null, { status: 302, headers: { Location: `/${encodeURIComponent(heard(asked))}` } }),
    'a page': (asked) => new Response(`<html>${heard(asked)}`),
    'a token with an odd scope': (asked) =>
      Response.json({
        access_token: 'canary-of-the-token',
        token_type: 'Bearer',
        scope: heard(asked),
        refresh_token: 'canary-of-the-token',
      }),
    'an issuer': (asked) => Response.json({ issuer: `${as}/${heard(asked)}`, token_endpoint: heard(asked) }),
    'an error of fetch': (asked) => {
      throw new TypeError(heard(asked), { cause: new Error(heard(asked)) })
    },
    '500': (asked) => new Response(heard(asked), { status: 500 }),
  }
  const providers: Record<string, object> = {
    basic: oauth2,
    body: { ...oauth2, clientAuth: 'post', revocationEndpoint: `${as}/revoke` },
    discovered: { ...oauth2, tokenEndpoint: undefined, issuer: as },
    query: { preset: 'axosoft', site: as, clientId: 'portal', clientSecret: '${SECRET}' },
    application: classy,
    literal: { ...oauth2, clientSecret: secret },
  }

  it.each(Object.entries(echoes))('is printed after %s', async (_, echo) => {
    for (const provider of Object.values(providers))
      for (const onSignInAlone of [false, true]) {
        const reply: Reply = (asked) => {
          const grant = asked.parameters.get('grant_type')
          return onSignInAlone && grant !== 'password' ? healthy(asked) : echo(asked)
        }
        const mode = provider === classy ? 'proxy' : 'token'
        const { text } = await runTestDoctor(reply, provider, { ask, options: { mode } })
        for (const canary of canaries) {
          expect(text).not.toContain(canary)
          expect(text).not.toContain(encodeURIComponent(canary))
        }
      }
  })
})

describe('a terminal', () => {
  /** Somebody at a terminal who types this, and what they see. */
  async function typing(own: string, hidden: boolean): Promise<{ given: string; seen: string }> {
    let seen = ''
    let isRaw = false
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (on: boolean) => void (isRaw = on),
    })
    const output = new Writable({
      write(chunk, _, done) {
        seen += String(chunk)
        // What is typed before the terminal is raw, the terminal itself shows.
        if (hidden && String(chunk).endsWith(': ')) expect(isRaw).toBe(true)
        done()
      },
    })
    const ask = createTerminalPrompt({}, { input, output } as unknown as Terminal)
    const answer = ask({ name: 'password', label: 'Password', hidden })
    input.write(`${own}\r`)
    const given = await answer
    expect(isRaw).toBe(false)
    return { given, seen }
  }

  it('shows what is asked for and what is typed, but for what is hidden', async () => {
    const shown = await typing('correct horse', false)
    expect(shown).toMatchObject({ given: 'correct horse' })
    expect(shown.seen).toContain('Password: ')
    expect(shown.seen).toContain('correct horse')
    const hidden = await typing('correct horse', true)
    expect(hidden).toEqual({ given: 'correct horse', seen: 'Password: \n' })
  })

  it('gives up when it is closed', async () => {
    await expect(typing('\u0003', true)).rejects.toThrow('Nothing was typed')
  })
})
