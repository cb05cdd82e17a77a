import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../src/index.ts'
import { classSuper, oauth2 } from '../src/providers/index.ts'
import { createTestBff, flushPromises } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { failWithCode, hangUntilReleased, json, raw, revokedAt } from './support/token-endpoint.ts'

const issuer = 'https://as.example.com/realm'
const metadata = {
  issuer,
  token_endpoint: `${issuer}//token`,
  revocation_endpoint: 'https://as.example.com/revoke',
  grant_types_supported: ['authorization_code'],
}
const token = json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 })

/** A server with a discovery document and a token endpoint. */
function createServer(document: Reply): Reply {
  return (request) => (request.url.pathname.includes('/.well-known/') ? document(request) : token(request))
}

function createDiscoveringBff(document: Reply, provider: ProviderDescription = oauth2({ issuer })) {
  const setup = createTestBff(createServer(document), { provider })
  const listRequests = (part: string): string[] =>
    setup.endpoint.requests.map(({ url }) => url.href).filter((href) => href.includes(part))
  return { ...setup, listRequests }
}

describe('discovery', () => {
  it('finds the endpoints although the grant is not listed, and collapses double slashes', async () => {
    const { signIn, signOut, bff, endpoint } = createDiscoveringBff(json(metadata))
    expect((await signIn()).status).toBe(200)
    await signOut()
    await bff.close()
    expect(endpoint.requests.map(({ url }) => url.href)).toEqual([
      `${issuer}/.well-known/openid-configuration`,
      `${issuer}/token`,
      'https://as.example.com/revoke',
    ])
    expect(revokedAt(endpoint)).toEqual(['r'])
  })

  it('81 fetches the document once for many callers, and again after an hour', async () => {
    const document = hangUntilReleased(json(metadata))
    const { signIn, openBrowser, clock, listRequests } = createDiscoveringBff(document.reply)
    const all = Promise.all([signIn(), openBrowser().signIn(), openBrowser().signIn()])
    await flushPromises()
    document.release()
    expect((await all).map(({ status }) => status)).toEqual([200, 200, 200])
    await clock.pass(3599)
    await signIn()
    expect(listRequests('.well-known')).toHaveLength(1)
    await clock.pass(1)
    await signIn()
    expect(listRequests('.well-known')).toHaveLength(2)
  })

  it('81 uses the last valid document when a fetch fails, and tries again a minute later', async () => {
    const { signIn, endpoint, clock, listRequests, log } = createDiscoveringBff(json(metadata))
    await signIn()
    endpoint.script(createServer(raw('', 500)))
    await clock.pass(3600)
    expect((await signIn()).status).toBe(200)
    expect(log.at(-1)).toContain('the server responded with 500')
    expect((await signIn()).status).toBe(200)
    expect(listRequests('.well-known')).toHaveLength(2)
    await clock.pass(60)
    await signIn()
    expect(listRequests('.well-known')).toHaveLength(3)
  })

  it.each([
    ['responds with 503', raw('', 503)],
    ['responds with HTML', raw('<html>')],
    ['redirects', raw('', 301, { Location: 'https://evil.example/' })],
    ['cannot be reached', failWithCode('ENOTFOUND')],
  ])('that %s makes a sign-in fail temporarily when no endpoint is known', async (_, document) => {
    const { signIn, endpoint } = createDiscoveringBff(document)
    expect(await signIn()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    endpoint.script(createServer(json(metadata)))
    expect((await signIn()).status).toBe(200)
  })

  it.each([
    [
      'another issuer',
      { issuer: 'https://evil.example' },
      /Expected: exactly "https:\/\/as\.example\.com\/realm"/,
    ],
    [
      'a slash at the end of the issuer',
      { issuer: `${issuer}/` },
      /names the issuer "https:\/\/as\.example\.com\/realm\/"/,
    ],
    ['no token endpoint', { token_endpoint: undefined }, /token_endpoint is missing/],
    [
      'a token endpoint without TLS',
      { token_endpoint: 'http://as.example.com/token' },
      /token_endpoint is not https/,
    ],
  ])('with %s is a configuration error, which the log explains', async (_, change, message) => {
    const { signIn, log, listRequests } = createDiscoveringBff(json({ ...metadata, ...change }))
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toMatch(message)
    expect(listRequests('/token')).toEqual([])
  })

  it.each([
    ['404', raw('', 404)],
    ['a redirect to the slash', raw('', 301, { Location: '/realm/.well-known/openid-configuration/' })],
  ])('asks once more, with a slash at the end, after %s', async (_, reply) => {
    const { signIn, listRequests } = createDiscoveringBff((request) =>
      request.url.pathname.endsWith('/') ? json(metadata)(request) : reply(request),
    )
    expect((await signIn()).status).toBe(200)
    expect(listRequests('.well-known')).toEqual([
      `${issuer}/.well-known/openid-configuration`,
      `${issuer}/.well-known/openid-configuration/`,
    ])
  })

  it('uses the document of a server that has two, without the slash', async () => {
    const { signIn, listRequests } = createDiscoveringBff(json(metadata))
    await signIn()
    expect(listRequests('.well-known')).toEqual([`${issuer}/.well-known/openid-configuration`])
  })

  it('never ends a session', async () => {
    const { signIn, token: refresh, restore, endpoint, clock } = createDiscoveringBff(json(metadata))
    await signIn()
    endpoint.script(() => Response.json({ error: 'invalid_grant' }, { status: 404 }))
    await clock.pass(3601)
    expect((await refresh(1)).status).not.toBe(401)
    expect((await restore()).body.session).not.toBeNull()
  })

  it('accepts the URL of the document, and takes the issuer from it', async () => {
    const business = { business: 'B', scope: [] }
    for (const named of [issuer, `${issuer}/`]) {
      const discovery = `${issuer}/.well-known/openid-configuration`
      const { signIn, listRequests } = createDiscoveringBff(
        json({ ...metadata, issuer: named }),
        classSuper({ ...business, discovery }),
      )
      expect((await signIn()).status).toBe(200)
      expect(listRequests('as.example.com/realm/token')).toHaveLength(1)
    }
  })

  it('81 falls back to the endpoint in fallbackUrl', async () => {
    const { signIn, listRequests } = createDiscoveringBff(
      failWithCode('ENOTFOUND'),
      classSuper({ business: 'B', scope: [], discovery: issuer }),
    )
    expect((await signIn()).status).toBe(200)
    expect(listRequests('https://app.class.com.au/connect/token')).toHaveLength(1)
  })

  it('with the flavour oauth puts the well-known part between host and path', async () => {
    const provider = { ...oauth2({ issuer }), token: { discovery: issuer, flavour: 'oauth' as const } }
    const { signIn, listRequests } = createDiscoveringBff(json(metadata), provider)
    expect((await signIn()).status).toBe(200)
    expect(listRequests('https://as.example.com/.well-known/oauth-authorization-server/realm')).toHaveLength(
      1,
    )
  })
})

it('78 uses no endpoint on a host that token.hosts does not list', async () => {
  const provider = (hosts: string[]): ProviderDescription => ({
    ...oauth2({ issuer }),
    token: { discovery: issuer, hosts },
  })
  const listed = createDiscoveringBff(json(metadata), provider(['as.example.com']))
  expect((await listed.signIn()).status).toBe(200)
  const { signIn, listRequests, log } = createDiscoveringBff(json(metadata), provider(['other.example.com']))
  expect((await signIn()).status).toBe(502)
  expect(listRequests('/token')).toEqual([])
  expect(log.at(-1)).toContain('token_endpoint is on a host that token.hosts does not list')
})
