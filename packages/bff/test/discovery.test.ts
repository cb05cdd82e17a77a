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
function serving(document: Reply): Reply {
  return (asked) => (asked.url.pathname.includes('/.well-known/') ? document(asked) : token(asked))
}

function makeScene(document: Reply, provider: ProviderDescription = oauth2({ issuer })) {
  const scene = createTestBff(serving(document), { provider })
  const asked = (part: string): string[] =>
    scene.endpoint.requests.map(({ url }) => url.href).filter((href) => href.includes(part))
  return { ...scene, asked }
}

describe('discovery', () => {
  it('finds the endpoints, whatever it says of grants, and mends doubled slashes', async () => {
    const { signIn, signOut, bff, endpoint } = makeScene(json(metadata))
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

  it('81 asks once for many callers, and again after an hour', async () => {
    const document = hangUntilReleased(json(metadata))
    const { signIn, openBrowser, clock, asked } = makeScene(document.reply)
    const all = Promise.all([signIn(), openBrowser().signIn(), openBrowser().signIn()])
    await flushPromises()
    document.release()
    expect((await all).map(({ status }) => status)).toEqual([200, 200, 200])
    await clock.pass(3599)
    await signIn()
    expect(asked('.well-known')).toHaveLength(1)
    await clock.pass(1)
    await signIn()
    expect(asked('.well-known')).toHaveLength(2)
  })

  it('81 uses the last good document while a new one cannot be had, and asks for it a minute later', async () => {
    const { signIn, endpoint, clock, asked, log } = makeScene(json(metadata))
    await signIn()
    endpoint.script(serving(raw('', 500)))
    await clock.pass(3600)
    expect((await signIn()).status).toBe(200)
    expect(log.at(-1)).toContain('the answer has status 500')
    expect((await signIn()).status).toBe(200)
    expect(asked('.well-known')).toHaveLength(2)
    await clock.pass(60)
    await signIn()
    expect(asked('.well-known')).toHaveLength(3)
  })

  it.each([
    ['answers 503', raw('', 503)],
    ['answers with HTML', raw('<html>')],
    ['redirects', raw('', 301, { Location: 'https://evil.example/' })],
    ['cannot be reached', failWithCode('ENOTFOUND')],
  ])('that %s makes a sign-in fail for the moment, where nothing else is known', async (_, document) => {
    const { signIn, endpoint } = makeScene(document)
    expect(await signIn()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    endpoint.script(serving(json(metadata)))
    expect((await signIn()).status).toBe(200)
  })

  it.each([
    [
      'another issuer',
      { issuer: 'https://evil.example' },
      /must be "https:\/\/as\.example\.com\/realm" to the letter/,
    ],
    ['a slash more', { issuer: `${issuer}/` }, /names the issuer "https:\/\/as\.example\.com\/realm\/"/],
    ['no token endpoint', { token_endpoint: undefined }, /token_endpoint is missing/],
    [
      'a token endpoint without TLS',
      { token_endpoint: 'http://as.example.com/token' },
      /token_endpoint must be https/,
    ],
  ])('with %s is a mistake of the configuration, and the log says which', async (_, change, message) => {
    const { signIn, log, asked } = makeScene(json({ ...metadata, ...change }))
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toMatch(message)
    expect(asked('/token')).toEqual([])
  })

  it('never ends a session', async () => {
    const { signIn, token: refresh, restore, endpoint, clock } = makeScene(json(metadata))
    await signIn()
    endpoint.script(() => Response.json({ error: 'invalid_grant' }, { status: 404 }))
    await clock.pass(3601)
    expect((await refresh(1)).status).not.toBe(401)
    expect((await restore()).body.session).not.toBeNull()
  })

  it('takes the address of the document, and its issuer from there', async () => {
    const business = { business: 'B', scope: [] }
    for (const named of [issuer, `${issuer}/`]) {
      const discovery = `${issuer}/.well-known/openid-configuration`
      const { signIn, asked } = makeScene(
        json({ ...metadata, issuer: named }),
        classSuper({ ...business, discovery }),
      )
      expect((await signIn()).status).toBe(200)
      expect(asked('as.example.com/realm/token')).toHaveLength(1)
    }
  })

  it('81 falls back to the endpoint that the provider is known to have', async () => {
    const { signIn, asked } = makeScene(
      failWithCode('ENOTFOUND'),
      classSuper({ business: 'B', scope: [], discovery: issuer }),
    )
    expect((await signIn()).status).toBe(200)
    expect(asked('https://app.class.com.au/connect/token')).toHaveLength(1)
  })

  it('of plain OAuth puts the well-known part between host and path', async () => {
    const provider = { ...oauth2({ issuer }), token: { discovery: issuer, flavour: 'oauth' as const } }
    const { signIn, asked } = makeScene(json(metadata), provider)
    expect((await signIn()).status).toBe(200)
    expect(asked('https://as.example.com/.well-known/oauth-authorization-server/realm')).toHaveLength(1)
  })
})

it('78 uses no endpoint at a host that the description does not name, where it names hosts', async () => {
  const provider = (hosts: string[]): ProviderDescription => ({
    ...oauth2({ issuer }),
    token: { discovery: issuer, hosts },
  })
  const good = makeScene(json(metadata), provider(['as.example.com']))
  expect((await good.signIn()).status).toBe(200)
  const { signIn, asked, log } = makeScene(json(metadata), provider(['other.example.com']))
  expect((await signIn()).status).toBe(502)
  expect(asked('/token')).toEqual([])
  expect(log.at(-1)).toContain('token_endpoint is at a host that token.hosts does not name')
})
