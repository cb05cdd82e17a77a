import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Terminal } from '../src/doctor/terminal-prompt.ts'
import { createTerminalPrompt } from '../src/doctor/terminal-prompt.ts'
import type { DoctorRun } from './support/run-doctor.ts'
import { runTestDoctor, secret, getClientAuthMethod } from './support/run-doctor.ts'
import type { ReceivedRequest, Reply } from './support/token-endpoint.ts'
import { failWithCode, failWithMessage, json, raw, rotating } from './support/token-endpoint.ts'

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

/** Creates a server that accepts its client with these methods, and then rejects the refresh token or the user. */
function createServer(
  authMethods: (string | null)[],
  reply: (request: ReceivedRequest) => Response | null = () => null,
): Reply {
  return (request) => {
    if (request.method === 'HEAD') return new Response(null)
    if (!authMethods.includes(getClientAuthMethod(request)))
      return Response.json(invalidClient, { status: 401 })
    return reply(request) ?? Response.json(invalidGrant, { status: 400 })
  }
}

const healthy = createServer(['form', 'raw', 'post'])

/** Checks a refresh token before the client, and responds to a wrong client with 403 at its revocation endpoint. */
const doorkeeper: Reply = (request) => {
  const { method, url, parameters } = request
  const isClientAccepted = getClientAuthMethod(request) !== null
  if (method === 'HEAD') return new Response(null)
  if (url.pathname === '/oauth/revoke')
    return isClientAccepted
      ? Response.json({})
      : Response.json({ error: 'unauthorized_client' }, { status: 403 })
  return isClientAccepted || parameters.get('grant_type') === 'refresh_token'
    ? Response.json(invalidGrant, { status: 400 })
    : Response.json(invalidClient, { status: 401 })
}

/** Creates a server whose host responds to HEAD, and everything else with this reply. */
function createHost(reply: Reply): Reply {
  return (request) => (request.method === 'HEAD' ? new Response(null) : reply(request))
}

/** Returns the only finding of a check. */
function getRow({ rows }: Pick<DoctorRun, 'rows'>, check: string): string {
  const matches = rows.filter((row) => row.replace(/^\w+ /, '').startsWith(`${check} `))
  expect(matches).toHaveLength(1)
  return matches[0] ?? ''
}

describe('the doctor', () => {
  it('finds no problem in a correct configuration, and sends no credentials of a user', async () => {
    const { code, text, problems, requests } = await runTestDoctor(healthy, oauth2)
    expect(problems).toEqual([])
    expect(code).toBe(0)
    expect(text).toMatch(/Nothing failed\. .*--sign-in/s)
    for (const { parameters } of requests) {
      expect(parameters.get('grant_type') ?? 'none').toMatch(/^(none|refresh_token)$/)
      expect(parameters.has('password')).toBe(false)
    }
  })

  it('prints lines of at most 100 characters', async () => {
    for (const provider of [oauth2, { ...oauth2, clientSecrt: 'x'.repeat(300) }, classy]) {
      const { text } = await runTestDoctor(createServer([]), provider, {
        options: { origin: 'http://portal.example.com' },
      })
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    }
  })

  it('prints advice as a whole, however long it is', async () => {
    const hint = `${'long advice '.repeat(20)}and its end`
    const errors = [{ code: 'set_up', outcome: 'access_denied', hint }]
    const reply: Reply = (request) =>
      request.parameters.get('username') === 'cathy'
        ? Response.json({ error: 'set_up' }, { status: 400 })
        : healthy(request)
    const { text } = await runTestDoctor(reply, { ...oauth2, errors }, { prompt: async () => 'cathy' })
    expect(text.replaceAll(/\s+/g, ' ')).toContain(hint)
  })

  it('exits with 2 and sends no request when the file cannot be used', async () => {
    const { code, text, requests } = await runTestDoctor(healthy, { ...oauth2, clientSecret: '${SECRT}' })
    expect(code).toBe(2)
    expect(text).toMatch(/provider\.clientSecret: .*SECRT is not set/)
    expect(requests).toEqual([])
  })

  it('exits with 1 when a check failed, and with 0 when there are only warnings', async () => {
    expect((await runTestDoctor(createServer([]), oauth2)).code).toBe(1)
    const { code, problems, text } = await runTestDoctor(healthy, { ...oauth2, clientSecret: secret })
    expect(code).toBe(0)
    expect(problems).toHaveLength(1)
    expect(text).toContain('Nothing failed, 1 warning.')
  })

  it('fails with the label of the check when a check throws, and does not print what it threw', async () => {
    // A `Date` header that is present and cannot be read.
    const headers = new Proxy(new Headers(), {
      get(target, name) {
        if (name === 'get')
          return (header: string) => {
            if (header === 'Date') throw new Error(secret)
            return target.get(header)
          }
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const reply: Reply = (request) =>
      request.method === 'HEAD'
        ? new Response(null)
        : Object.defineProperty(Response.json(invalidGrant, { status: 400 }), 'headers', { value: headers })
    const { rows, text } = await runTestDoctor(reply, oauth2)
    expect(getRow({ rows }, 'clock')).toMatch(/^FAILED .*bug in Latchkey/)
    expect(text).not.toContain(secret)
  })
})

describe('the offline check', () => {
  it('finds what is wrong with the settings, and sends no request', async () => {
    const { code, rows, text, requests } = await runTestDoctor(
      healthy,
      { ...oauth2, clientSecret: secret },
      {
        isOffline: true,
        options: { mode: 'proxy' },
      },
    )
    expect(rows.map((row) => row.split(' ').slice(0, 2))).toEqual([
      ['warn', 'environment'],
      ['warn', 'settings'],
    ])
    expect(text).toContain('No request was sent: latchkey doctor also checks the live provider.')
    expect(requests).toEqual([])
    expect(code).toBe(0)
  })

  it('exits with 2 when the file cannot be used', async () => {
    const options = { isOffline: true }
    expect((await runTestDoctor(healthy, { ...oauth2, clientId: 7 }, options)).code).toBe(2)
  })
})

describe('the JSON document', () => {
  it('contains every finding, and counts those that are not ok', async () => {
    const { code, text } = await runTestDoctor(
      createServer([]),
      { ...oauth2, clientSecret: secret },
      {
        json: true,
      },
    )
    expect(JSON.parse(text)).toEqual({
      file: '/latchkey.config.json',
      failed: 1,
      warnings: 1,
      configurations: [
        {
          provider: 'oauth2',
          basePath: '/auth',
          findings: expect.arrayContaining([
            {
              check: 'environment',
              level: 'warn',
              message: expect.stringContaining('provider.clientSecret is written in the file'),
              fix: expect.stringContaining('move it to an environment variable'),
            },
            { check: 'token endpoint', level: 'ok', message: 'responds (401, as expected)' },
            { check: 'client', level: 'failed', message: expect.any(String), fix: expect.any(String) },
          ]),
        },
      ],
    })
    expect(code).toBe(1)
  })

  it('contains the error when the file cannot be used', async () => {
    const { code, text } = await runTestDoctor(
      healthy,
      { ...oauth2, clientSecret: '${SECRT}' },
      { json: true },
    )
    expect(JSON.parse(text)).toEqual({
      error: expect.stringMatching(/provider\.clientSecret: .*SECRT is not set/),
    })
    expect(code).toBe(2)
  })
})

describe('the environment and the settings', () => {
  it.each<[string, object, object, RegExp]>([
    ['a secret in the file', { clientSecret: secret }, {}, /provider\.clientSecret is written in the file/],
    [
      'white space around a variable',
      {},
      { environment: { SECRET: `${secret}\n` } },
      /SECRET begins or ends with white space/,
    ],
    ['proxy mode without a path', {}, { options: { mode: 'proxy' } }, /proxy lists no path/],
    [
      'a secret with characters that RFC 6749 does not allow',
      {},
      { environment: { SECRET: 'pässword£' } },
      /settings the client secret contains characters.*appendix A\.2.*"clientAuth": "post"/,
    ],
    ['a plain http origin', {}, { options: { origin: 'http://portal.example.com' } }, /Secure/],
  ])('warn of %s', async (_, change, options, message) => {
    const { problems } = await runTestDoctor(
      createHost(json(invalidGrant, 400)),
      { ...oauth2, ...change },
      options,
    )
    expect(problems.join('\n')).toMatch(message)
  })

  it('warn of passwords in a URL', async () => {
    const axosoft = { preset: 'axosoft', site: as, clientId: 'portal', clientSecret: '${SECRET}' }
    expect(getRow(await runTestDoctor(healthy, axosoft), 'settings')).toMatch(/^warn.*password grant.*query/)
  })

  it('warn of a machine token in the browser', async () => {
    const options = { dangerouslyGiveMachineTokenToBrowser: true }
    expect(getRow(await runTestDoctor(healthy, classy, { options }), 'settings')).toMatch(
      /^warn.*machine token/,
    )
  })
})

describe('the host check', () => {
  it.each(['ENOTFOUND', 'ECONNREFUSED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT'])(
    'fails after %s, and skips the remaining checks',
    async (error) => {
      const { code, problems, rows, requests } = await runTestDoctor(failWithCode(error), oauth2)
      expect(code).toBe(1)
      expect(problems).toHaveLength(1)
      expect(getRow({ rows }, 'host')).toMatch(
        new RegExp(`^FAILED .*${error}.*the remaining checks were skipped`),
      )
      expect(requests).toHaveLength(1)
    },
  )

  it('says that fetch blocks the port', async () => {
    const { rows } = await runTestDoctor(failWithMessage('bad port'), oauth2)
    expect(getRow({ rows }, 'host')).toMatch(/^FAILED .*\(bad port\).*belongs to another protocol/)
  })

  it('only warns when the connection breaks after the request was sent', async () => {
    const reply: Reply = (request) =>
      request.method === 'HEAD' ? failWithCode('ECONNRESET')(request) : healthy(request)
    const run = await runTestDoctor(reply, oauth2)
    expect(getRow(run, 'host')).toMatch(/^warn/)
    expect(getRow(run, 'client')).toMatch(/^ok/)
  })
})

describe('the clock check', () => {
  it.each([
    [90, /^warn .*90 s ahead of the server/],
    [-3600, /^warn .*3600 s behind the server/],
    [10, /^ok /],
  ])('reports a difference of %i s', async (difference, message) => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    const headers = { Date: new Date(now - difference * 1000).toUTCString() }
    const run = await runTestDoctor(createHost(json(invalidGrant, 400, headers)), oauth2, { now })
    expect(getRow(run, 'clock')).toMatch(message)
  })
})

describe('the discovery check', () => {
  const issuer = `${as}/realm`
  const provider = { ...oauth2, tokenEndpoint: undefined, issuer }
  const metadata = { issuer, token_endpoint: `${issuer}/token`, grant_types_supported: ['password'] }
  const serve =
    (document: Reply): Reply =>
    (request) =>
      request.url.pathname.includes('.well-known') ? document(request) : healthy(request)

  it('accepts a valid document', async () => {
    expect((await runTestDoctor(serve(json(metadata)), provider)).problems).toEqual([])
  })

  it.each<[string, Reply, RegExp]>([
    [
      'another issuer',
      json({ ...metadata, issuer: `${issuer}/` }),
      /FAILED.*another issuer.*to exactly "https:\/\/as\.example\.com\/realm\/"/,
    ],
    ['a 404', raw('', 404), /FAILED.*404.*set the issuer to that address, "\/\.well-known\/"/],
    ['an HTML page', raw('<html>'), /FAILED.*not a discovery document.*set the issuer to that address/],
    ['no token endpoint', json({ ...metadata, token_endpoint: undefined }), /FAILED.*token_endpoint/],
    [
      'a document without the grant',
      json({ ...metadata, grant_types_supported: [] }),
      /warn.*password.*none needed if sign-in works/,
    ],
    [
      'a token endpoint on another host',
      json({ ...metadata, token_endpoint: 'https://login.example.com/token' }),
      /warn.*token_endpoint is on another host, login\.example\.com/,
    ],
  ])('reports %s, with the fix', async (_, document, message) => {
    const run = await runTestDoctor(serve(document), provider)
    expect(run.problems).toHaveLength(1)
    expect(getRow(run, 'discovery')).toMatch(message)
  })
})

describe('the check of the token endpoint', () => {
  it.each<[string, Reply, RegExp]>([
    [
      'a redirect, without its query',
      raw('', 302, { Location: '/login?secret=1' }),
      /FAILED.*a redirect to \/login fix/,
    ],
    [
      'a redirect to another host',
      raw('', 301, { Location: 'https://x.example/a?b' }),
      /to https:\/\/x\.example\/a fix/,
    ],
    ['an HTML page', raw('<!doctype html>'), /FAILED.*HTML page/],
    ['a 404', raw('', 404), /FAILED.*404.*does not exist/],
    ['a 405', raw('', 405), /FAILED.*does not accept this HTTP method/],
    ['a 415', raw('', 415), /FAILED.*encoding to "json"/],
    ['a 429', raw('', 429), /warn.*too many requests/],
    ['a 500', raw('', 500), /warn.*responds with 500/],
    ['a page of a firewall', raw('<html>', 403), /warn.*firewall/],
    ['a 401 without a body', raw('', 401), /warn.*responds with 401, without an error code.*check its URL/],
    [
      'the 401 of a userinfo endpoint',
      json({ error: 'invalid_token' }, 401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }),
      /warn.*responds with 401, without an error code of a token endpoint/,
    ],
    [
      'the invalid_request of a userinfo endpoint',
      json({ error: 'invalid_request', error_description: 'no access token provided' }, 400),
      /warn.*responds with 400 invalid_request, although the request was complete/,
    ],
    [
      'a 403 of an API',
      json({ message: 'Forbidden' }, 403),
      /warn.*responds with 403, without an error code/,
    ],
    [
      'JSON of an origin',
      json({ status: 'up' }),
      /FAILED.*responds with 200, without a token and without an error/,
    ],
    ['an empty 200', raw('', 200), /FAILED.*without a token and without an error/],
    [
      'a token for a made-up refresh token',
      json({ access_token: 'a', token_type: 'Bearer' }),
      /FAILED.*issued a token for a made-up refresh token/,
    ],
  ])('reports %s, with the fix', async (_, reply, message) => {
    expect(getRow(await runTestDoctor(createHost(reply), oauth2), 'token endpoint')).toMatch(message)
  })

  it('fails when a made-up user gets a token', async () => {
    const run = await runTestDoctor(createHost(json({ access_token: 'a', token_type: 'Bearer' })), {
      ...oauth2,
      refresh: false,
    })
    expect(getRow(run, 'token endpoint')).toMatch(/^FAILED .*issued a token for a made-up user/)
    expect(run.code).toBe(1)
  })

  it.each<[string, object, Reply]>([
    [
      'errors.map explains',
      { ...oauth2, errors: [{ status: 400, during: 'refresh', outcome: 'session_ended' }] },
      raw('', 400),
    ],
    ['an error in a 200 explains', oauth2, json(invalidGrant)],
    ['the preset explains', { preset: 'jamf', site: as }, json({ httpStatus: 401, errors: [] }, 401)],
  ])('accepts a response that %s', async (_, provider, reply) => {
    expect(getRow(await runTestDoctor(createHost(reply), provider), 'token endpoint')).toMatch(/^ok/)
  })

  it('warns when refresh tokens are not allowed, and fails when the sign-in grant is not', async () => {
    const server = createServer(['form'], () =>
      Response.json({ error: 'unauthorized_client' }, { status: 400 }),
    )
    expect(getRow(await runTestDoctor(server, oauth2), 'grant')).toMatch(
      /^warn grant refresh_token: .*unauthorized_client.*allow the refresh_token grant/,
    )
    expect(getRow(await runTestDoctor(server, { ...oauth2, refresh: false }), 'grant')).toMatch(
      /^FAILED grant password: .*unauthorized_client/,
    )
  })

  it('uses made-up credentials when the configuration uses no refresh token', async () => {
    const { requests } = await runTestDoctor(healthy, { ...oauth2, refresh: false })
    const signIn = requests.find(({ parameters }) => parameters.get('grant_type') === 'password')
    expect(signIn?.parameters.get('username')).toMatch(/^latchkey-doctor-/)
    expect(signIn?.parameters.get('password')).toMatch(/^latchkey-doctor-/)
  })
})

describe('the client check', () => {
  it.each<[string[], object, RegExp]>([
    [
      ['form', 'raw', 'post'],
      {},
      /^ok client the token endpoint accepts the client with basic \(form-encoded\); also with basic \(raw\), post$/,
    ],
    [['form'], {}, /^ok .*with basic \(form-encoded\); not with basic \(raw\), post$/],
    [['raw', 'post'], {}, /^FAILED .*secret is right.*set "clientAuth": "basic", "basicEncoding": "raw"$/],
    [['post'], {}, /^FAILED .*secret is right.*it accepts post.*set "clientAuth": "post"$/],
    [['form'], { clientAuth: 'post' }, /^FAILED .*set "clientAuth": "basic", "basicEncoding": "form"$/],
    [
      [],
      {},
      /^FAILED client the token endpoint rejected the client with basic \(form-encoded\), basic \(raw\), post fix: .*"portal" and the client secret in SECRET/,
    ],
  ])('finds the methods of a server that accepts %j', async (authMethods, change, message) => {
    const run = await runTestDoctor(createServer(authMethods), { ...oauth2, ...change })
    expect(getRow(run, 'client')).toMatch(message)
  })

  it('is unclear when the server responds to a wrong secret in the same way', async () => {
    for (const reply of [raw('', 400), raw('', 401), json(invalidGrant, 400)])
      expect(getRow(await runTestDoctor(createHost(reply), oauth2), 'client')).toMatch(
        /^warn .*the same way to the configured secret and to a wrong one fix: .*--sign-in/,
      )
  })

  it('is unclear while the server is busy', async () => {
    expect(getRow(await runTestDoctor(createHost(raw('', 503)), oauth2), 'client')).toMatch(/^warn .*busy/)
  })

  it('asks the revocation endpoint when the token endpoint is unclear', async () => {
    const reply: Reply = (request) =>
      request.url.pathname === '/revoke'
        ? createServer(['raw'], () => new Response(null))(request)
        : new Response(null, { status: 400 })
    const provider = { ...oauth2, revocationEndpoint: `${as}/revoke` }
    expect(getRow(await runTestDoctor(reply, provider), 'client')).toMatch(
      /^FAILED .*the revocation endpoint rejects it .*"basicEncoding": "raw"$/,
    )
  })

  it('does not count a method as accepted that the server ignores', async () => {
    const reply: Reply = (request) =>
      request.headers.has('Authorization')
        ? Response.json({ error: 'invalid_request' }, { status: 400 })
        : createServer(['post'])(request)
    expect(getRow(await runTestDoctor(reply, oauth2), 'client')).toMatch(
      /^FAILED .*set "clientAuth": "post"$/,
    )
  })

  it('advises a full description where the preset has no option for the method', async () => {
    const provider = {
      preset: 'classSuper',
      business: 'B',
      scope: [],
      clientId: 'portal',
      clientSecret: '${SECRET}',
      tokenEndpoint: `${as}/token`,
    }
    expect(getRow(await runTestDoctor(createServer(['post']), provider), 'client')).toMatch(
      /the preset classSuper has no option for this/,
    )
  })

  describe('of a server that checks the refresh token before the client, as Doorkeeper does', () => {
    const site = { preset: 'doorkeeper', site: as, clientId: 'portal', clientSecret: '${SECRET}' }
    const withoutRevocation = { ...oauth2, tokenEndpoint: `${as}/oauth/token` }

    it.each([
      ['the revocation endpoint', site],
      ['the token endpoint', withoutRevocation],
    ])('accepts the right secret, as %s shows', async (endpoint, provider) => {
      expect(getRow(await runTestDoctor(doorkeeper, provider), 'client')).toMatch(
        new RegExp(`^ok client ${endpoint} accepts the client`),
      )
    })

    it.each([
      ['a wrong secret', { environment: { SECRET: 'another' } }, {}],
      ['a wrong client id', {}, { clientId: 'other' }],
    ])('finds %s, with and without a revocation endpoint', async (_, options, change) => {
      for (const provider of [site, withoutRevocation]) {
        const run = await runTestDoctor(doorkeeper, { ...provider, ...change }, options)
        expect(getRow(run, 'client')).toMatch(/^FAILED client the token endpoint rejected the client/)
        expect(run.rows.join('\n')).not.toContain('revocation')
        expect(run.code).toBe(1)
      }
    })

    it('finds that a client without a secret needs one', async () => {
      for (const provider of [site, withoutRevocation]) {
        const run = await runTestDoctor(doorkeeper, { ...provider, clientSecret: undefined })
        expect(getRow(run, 'client')).toMatch(/^FAILED .*requires a secret/)
      }
    })

    it('blames the revocation endpoint alone when only that rejects the client', async () => {
      const reply: Reply = (request) =>
        request.url.pathname === '/oauth/revoke' ? new Response(null, { status: 403 }) : doorkeeper(request)
      const run = await runTestDoctor(reply, site)
      expect(getRow(run, 'client')).toMatch(/^ok client the token endpoint accepts the client/)
      expect(getRow(run, 'revocation')).toMatch(/^warn .*403 fix: check the URL of the revocation endpoint/)
    })

    it('does not count the page of a firewall as a rejection', async () => {
      const reply: Reply = (request) =>
        request.url.pathname === '/oauth/revoke' ? raw('<html>', 403)(request) : raw('', 400)(request)
      expect(getRow(await runTestDoctor(createHost(reply), site), 'client')).toMatch(/^warn client unknown/)
    })

    it('says that refresh tokens are off, and how to switch them on', async () => {
      const reply: Reply = (request) =>
        request.parameters.get('grant_type') === 'refresh_token'
          ? Response.json({ error: 'unsupported_grant_type' }, { status: 400 })
          : doorkeeper(request)
      const run = await runTestDoctor(reply, site)
      expect(getRow(run, 'grant')).toMatch(/^warn grant refresh_token: .*use_refresh_token/)
      expect(run.rows.join('\n')).not.toContain('grant_flows')
    })
  })

  it.each([
    ['without a code', {}],
    ['unauthorized_client', { error: 'unauthorized_client' }],
  ])('reads a 401 as a rejected client where errors.map says so: %s', async (_, body) => {
    const provider = {
      ...oauth2,
      errors: [{ status: 401, outcome: 'configuration_error', hint: 'the client is wrong' }],
    }
    const reply: Reply = (request) =>
      getClientAuthMethod(request) === null
        ? Response.json(body, { status: 401 })
        : Response.json(invalidGrant, { status: 400 })
    expect(getRow(await runTestDoctor(createHost(reply), provider), 'client')).toMatch(/^ok/)
    const run = await runTestDoctor(createHost(reply), provider, { environment: { SECRET: 'another' } })
    expect(getRow(run, 'client')).toMatch(/^FAILED client .*rejected the client/)
  })

  it('reads unauthorized_client as a matter of the grant when a wrong secret brings another error', async () => {
    const server = createServer(['form'], () =>
      Response.json({ error: 'unauthorized_client' }, { status: 401 }),
    )
    expect(getRow(await runTestDoctor(server, oauth2), 'client')).toMatch(/^ok/)
  })

  describe('of a client without a secret', () => {
    const provider = { ...oauth2, clientSecret: undefined }
    const publicServer: Reply = ({ parameters }) =>
      parameters.get('client_id') === 'portal'
        ? Response.json(invalidGrant, { status: 400 })
        : Response.json(invalidClient, { status: 401 })

    it('accepts it when a made-up client id is rejected', async () => {
      const { rows, requests } = await runTestDoctor(createHost(publicServer), provider)
      expect(getRow({ rows }, 'client')).toBe(
        'ok client the token endpoint accepts the client without a secret',
      )
      const ids = requests.map(({ parameters }) => parameters.get('client_id'))
      expect(ids.filter((id) => id !== 'portal' && id !== null)).toEqual([
        expect.stringMatching(/^[a-f]{6}$/),
      ])
    })

    it('makes up client ids of the same form', async () => {
      const uuid = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d'
      const { requests } = await runTestDoctor(createHost(json(invalidGrant, 400)), {
        ...provider,
        clientId: uuid,
        refresh: false,
      })
      const ids = new Set(requests.map(({ parameters }) => parameters.get('client_id')))
      expect([...ids].filter((id) => id !== null && id !== uuid)).toEqual([
        expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/),
      ])
    })

    it('fails when the server requires a secret', async () => {
      expect(getRow(await runTestDoctor(healthy, provider), 'client')).toMatch(/^FAILED .*requires a secret/)
    })

    it('is unclear when the server responds to a made-up client id in the same way', async () => {
      for (const reply of [json(invalidGrant, 400), raw('', 401)])
        expect(getRow(await runTestDoctor(createHost(reply), provider), 'client')).toMatch(
          /^warn client unknown: .*whether the server requires a client secret fix: .*--sign-in/,
        )
    })

    it('is unclear without a client id, unless the server requires one', async () => {
      const withoutId = { ...provider, clientId: undefined }
      expect(getRow(await runTestDoctor(createHost(json(invalidGrant, 400)), withoutId), 'client')).toMatch(
        /^warn client unknown/,
      )
      expect(getRow(await runTestDoctor(healthy, withoutId), 'client')).toMatch(
        /^FAILED .*requires a client id/,
      )
    })

    it('finds the method when the secret is configured, and clientAuth keeps it from being sent', async () => {
      const run = await runTestDoctor(createServer(['post']), { ...oauth2, clientAuth: 'none' })
      expect(getRow(run, 'client')).toMatch(
        /^FAILED .*with none, as configured; it accepts post.*"clientAuth": "post"$/,
      )
    })
  })

  it('is left out where the user is the client', async () => {
    const provider = { preset: 'brightPattern', tenant: 'acme.brightpattern.com' }
    const { rows } = await runTestDoctor(createHost(json(invalidClient, 401)), provider)
    expect(rows.join('\n')).not.toContain('client')
  })
})

describe('the machine token check', () => {
  const issuing = createServer(['post'], ({ parameters }) =>
    parameters.get('grant_type') === 'client_credentials'
      ? Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 3600 })
      : null,
  )

  it('shows the lifetime of the token, and requests one token only', async () => {
    const run = await runTestDoctor(issuing, classy, { options: { mode: 'proxy' } })
    expect(getRow(run, 'access token')).toBe('ok access token lifetime 3600 s; no refresh token issued')
    expect(run.code).toBe(0)
    const grants = run.requests.map(({ parameters }) => parameters.get('grant_type'))
    expect(grants.filter((grant) => grant === 'client_credentials')).toHaveLength(1)
  })

  it('requests one token only when the client check issues tokens too', async () => {
    const provider = {
      id: 'app',
      client: { id: 'portal', secret: '${SECRET}' },
      login: { mode: 'automatic' },
      token: { url: `${as}/token` },
      grants: { client_credentials: { clientAuth: 'post' } },
      refresh: { mode: 'reissue' },
    }
    const run = await runTestDoctor(issuing, provider, { options: { mode: 'proxy' } })
    expect(getRow(run, 'client')).toMatch(/^ok/)
    expect(run.requests.filter((request) => getClientAuthMethod(request) !== null)).toHaveLength(1)
  })

  it('fails with the reason of the server', async () => {
    const wrongSecret = await runTestDoctor(
      issuing,
      { ...classy, clientSecret: 'wrong' },
      { options: { mode: 'proxy' } },
    )
    expect(getRow(wrongSecret, 'client')).toMatch(/^FAILED/)
    const forbidding = createServer(['post'], ({ parameters }) =>
      parameters.get('grant_type') === 'client_credentials' ? new Response('<html>', { status: 403 }) : null,
    )
    const forbidden = await runTestDoctor(forbidding, classy, { options: { mode: 'proxy' } })
    expect(getRow(forbidden, 'access token')).toMatch(/^FAILED .*integrationId/)
  })
})

describe('the revocation check', () => {
  it.each([
    [200, /^ok/],
    [404, /^warn .*the endpoint responded with 404/],
  ])('reports a response with %i', async (status, message) => {
    const server = createServer(['form'], ({ url }) =>
      url.pathname === '/revoke' ? new Response(null, { status }) : null,
    )
    const provider = { ...oauth2, revocationEndpoint: `${as}/revoke` }
    expect(getRow(await runTestDoctor(server, provider), 'revocation')).toMatch(message)
  })
})

describe('the sign-in check', () => {
  const credentials: Record<string, string> = {
    username: 'cathy',
    password: 'correct horse',
    otp: '123456',
  }
  const prompt = async ({ name }: { name: string }): Promise<string> => credentials[name] ?? ''
  const getRows = async (reply: Reply, provider: object = oauth2): Promise<string> =>
    (await runTestDoctor(reply, provider, { prompt })).rows.join('\n')

  it('shows scope and lifetime, refreshes, and signs out', async () => {
    const tokens = rotating(900)
    const rows = await getRows((request) =>
      /doctor/.test(request.parameters.get('refresh_token') ?? '') || request.method === 'HEAD'
        ? healthy(request)
        : tokens(request),
    )
    expect(rows).toMatch(/ok sign-in/)
    expect(rows).toMatch(/ok access token lifetime 900 s; refresh token issued/)
    expect(rows).toMatch(/ok scope granted: read/)
    expect(rows).toMatch(/ok refresh new access token issued, with a new refresh token/)
    expect(rows).toMatch(/ok sign-out/)
  })

  it('sends no credentials to a server that rejects the client', async () => {
    const { requests } = await runTestDoctor(createServer([]), oauth2, { prompt })
    expect(requests.some(({ parameters }) => parameters.get('username') === 'cathy')).toBe(false)
  })

  it.each<[string, Reply, RegExp]>([
    [
      'rejected credentials',
      json(invalidGrant, 400),
      /FAILED sign-in the server rejected the credentials fix: check them/,
    ],
    [
      'an unsupported grant',
      json({ error: 'unsupported_grant_type' }, 400),
      /FAILED sign-in .*unsupported_grant_type/,
    ],
    [
      'a narrower scope',
      json({ access_token: 'a', token_type: 'Bearer', scope: 'other', expires_in: 9 }),
      /warn scope .*not granted: read/,
    ],
    [
      'an unknown lifetime',
      json({ access_token: 'a', token_type: 'Bearer' }),
      /warn access token lifetime unknown; no refresh token issued/,
    ],
    [
      'a missing refresh token',
      json({ access_token: 'a', token_type: 'Bearer' }),
      /warn refresh without a refresh token/,
    ],
  ])('reports %s', async (_, reply, message) => {
    const rows = await getRows((request) =>
      request.parameters.get('grant_type') === 'password' ? reply(request) : healthy(request),
    )
    expect(rows).toMatch(message)
  })

  it('reports a refresh that fails', async () => {
    const tokens = rotating()
    const rows = await getRows((request) =>
      request.parameters.get('grant_type') === 'password' ? tokens(request) : healthy(request),
    )
    expect(rows).toMatch(/FAILED refresh/)
  })

  it('prompts for the second factor that the server requires', async () => {
    const provider = {
      preset: 'auth0',
      domain: 'as.example.com',
      clientId: 'portal',
      clientSecret: '${SECRET}',
    }
    const rows = await getRows((request) => {
      const grant = request.parameters.get('grant_type') ?? ''
      if (grant.includes('password-realm') || grant === 'password')
        return Response.json({ error: 'mfa_required', mfa_token: 'm' }, { status: 403 })
      if (request.parameters.get('otp') === '123456')
        return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
      return createHost(json(invalidGrant, 400))(request)
    }, provider)
    expect(rows).toMatch(/ok sign-in/)
  })
})

describe('the doctor prints no secret', () => {
  const password = 'canary-of-the-password'
  const canaries = [secret, password, 'canary-of-the-token']
  const prompt = async ({ isHidden }: { isHidden: boolean }): Promise<string> =>
    isHidden ? password : 'cathy'
  const repeat = ({ url, headers, parameters }: ReceivedRequest): string =>
    [url.href, parameters, [...headers].join(' '), ...canaries].join(' ')
  const echoes: Record<string, (request: ReceivedRequest) => Response> = {
    'an error code': (request) => Response.json({ error: repeat(request) }, { status: 400 }),
    'an error description': (request) =>
      Response.json({ error: 'invalid_client', error_description: repeat(request) }, { status: 401 }),
    'a redirect': (request) =>
      new Response(null, { status: 302, headers: { Location: `/${encodeURIComponent(repeat(request))}` } }),
    'an HTML page': (request) => new Response(`<html>${repeat(request)}`),
    'a scope': (request) =>
      Response.json({
        access_token: 'canary-of-the-token',
        token_type: 'Bearer',
        scope: repeat(request),
        refresh_token: 'canary-of-the-token',
      }),
    'an issuer': (request) =>
      Response.json({ issuer: `${as}/${repeat(request)}`, token_endpoint: repeat(request) }),
    'an error of fetch': (request) => {
      throw new TypeError(repeat(request), { cause: new Error(repeat(request)) })
    },
    'a 500': (request) => new Response(repeat(request), { status: 500 }),
  }
  const providers: Record<string, object> = {
    basic: oauth2,
    post: { ...oauth2, clientAuth: 'post', revocationEndpoint: `${as}/revoke` },
    discovery: { ...oauth2, tokenEndpoint: undefined, issuer: as },
    query: { preset: 'axosoft', site: as, clientId: 'portal', clientSecret: '${SECRET}' },
    machine: classy,
    literal: { ...oauth2, clientSecret: secret },
  }

  it.each(Object.entries(echoes))('that a server repeats in %s', async (_, echo) => {
    for (const provider of Object.values(providers))
      for (const onSignInOnly of [false, true]) {
        const reply: Reply = (request) => {
          const grant = request.parameters.get('grant_type')
          return onSignInOnly && grant !== 'password' ? healthy(request) : echo(request)
        }
        const mode = provider === classy ? 'proxy' : 'token'
        for (const asJson of [false, true]) {
          const { text } = await runTestDoctor(reply, provider, {
            prompt,
            options: { mode },
            json: asJson,
          })
          for (const canary of canaries) {
            expect(text).not.toContain(canary)
            expect(text).not.toContain(encodeURIComponent(canary))
          }
        }
      }
  })
})

it.each([false, true])('the offline check prints no secret, as JSON: %s', async (asJson) => {
  const options = { secret: 'canary-of-the-session-secret', mode: 'proxy' }
  const providers = [
    { ...oauth2, clientSecret: secret },
    { ...oauth2, clientSecret: ` ${secret}£` },
    { ...oauth2, clientSecret: { [secret]: secret } },
    { preset: secret, clientSecret: secret },
  ]
  for (const provider of providers) {
    const { text } = await runTestDoctor(healthy, provider, { options, json: asJson, isOffline: true })
    expect(text).not.toContain(secret)
    expect(text).not.toContain(options.secret)
  }
})

describe('the terminal prompt', () => {
  /** Types a text into the prompt, and returns its value and everything that the terminal showed. */
  async function type(text: string, isHidden: boolean): Promise<{ value: string; screen: string }> {
    let screen = ''
    let isRaw = false
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (on: boolean) => void (isRaw = on),
    })
    const output = new Writable({
      write(chunk, _, done) {
        screen += String(chunk)
        // A terminal that is not raw echoes by itself.
        if (isHidden && String(chunk).endsWith(': ')) expect(isRaw).toBe(true)
        done()
      },
    })
    const prompt = createTerminalPrompt({}, { input, output } as unknown as Terminal)
    const pending = prompt({ name: 'password', label: 'Password', isHidden })
    input.write(`${text}\r`)
    const value = await pending
    expect(isRaw).toBe(false)
    return { value, screen }
  }

  it('echoes the input, except that of hidden fields', async () => {
    const visible = await type('correct horse', false)
    expect(visible).toMatchObject({ value: 'correct horse' })
    expect(visible.screen).toContain('Password: ')
    expect(visible.screen).toContain('correct horse')
    const hidden = await type('correct horse', true)
    expect(hidden).toEqual({ value: 'correct horse', screen: 'Password: \n' })
  })

  it('rejects when it is closed', async () => {
    await expect(type('\u0003', true)).rejects.toThrow('The prompt was closed')
  })
})
