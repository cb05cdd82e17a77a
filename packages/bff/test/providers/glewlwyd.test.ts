import { describe, expect, it } from 'vitest'
import { glewlwyd } from '../../src/providers/index.ts'
import { createTestBff, credentials } from '../support/browser.ts'
import { basic, sent, throughJson } from '../support/preset.ts'
import { getRefreshRejection, getSignInRejection, withDiscovery } from '../support/rejections.ts'
import type { Reply } from '../support/token-endpoint.ts'
import { json, raw } from '../support/token-endpoint.ts'

const issuer = 'https://id.example.com/api/oidc'
const options = { issuer, clientId: 'bff-client', clientSecret: 's3cr+t %', scope: ['read'] }
const provider = glewlwyd(options)

/** The response of version 2.7. */
const granted = {
  token_type: 'bearer',
  access_token: 'eyJhbGciOiJS',
  refresh_token: 'GGEgyR',
  iat: 1_795_288_070,
  expires_in: 60,
  scope: 'read',
}

/** Its document has a double slash in each URL, and leaves out grants that it supports. */
function server(reply: Reply): Reply {
  return withDiscovery(
    {
      issuer,
      token_endpoint: 'https://id.example.com//api/oidc/token',
      revocation_endpoint: 'https://id.example.com//api/oidc/revoke',
      grant_types_supported: ['authorization_code', 'implicit'],
    },
    reply,
  )
}

describe('glewlwyd()', () => {
  it.each([
    ['with a secret', provider],
    ['without one', glewlwyd({ issuer, clientId: 'public', scope: ['read'] })],
  ])('%s is unchanged after a round trip through JSON', (_, description) => {
    expect(throughJson(description)).toStrictEqual(description)
  })

  it('authenticates the client by Basic without form encoding, with a scope, and refreshes', async () => {
    const { signIn, token, endpoint, clock } = createTestBff(server(json(granted)), { provider })
    expect((await signIn()).body).toMatchObject({
      session: { scope: ['read'] },
      token: { token_type: 'Bearer', expires_in: 60 },
    })
    await clock.pass(58)
    await token(1)
    const authorization = basic('bff-client', 's3cr+t %')
    const url = `${issuer}/token`
    expect(endpoint.requests.map(sent)).toEqual([
      { GET: `${issuer}/.well-known/openid-configuration` },
      { POST: url, authorization, form: { grant_type: 'password', ...credentials, scope: 'read' } },
      { POST: url, authorization, form: { grant_type: 'refresh_token', refresh_token: 'GGEgyR' } },
    ])
  })

  it('uses the known token endpoint when the document cannot be fetched', async () => {
    const { signIn, endpoint } = createTestBff(
      ({ url }) =>
        url.pathname.endsWith('/token') ? Response.json(granted) : new Response(null, { status: 404 }),
      { provider },
    )
    expect((await signIn()).status).toBe(200)
    expect(endpoint.requests.at(-1)?.url.href).toBe(`${issuer}/token`)
  })

  it('recognizes a wrong password in 403 without a body', async () => {
    const { status, error } = await getSignInRejection(provider, server(raw('', 403)))
    expect([status, error]).toEqual([401, 'invalid_credentials'])
  })

  it('treats 400 without a body as a configuration error at sign-in, and as the end at a refresh', async () => {
    const rejection = await getSignInRejection(provider, server(raw('', 400)))
    expect(rejection).toMatchObject({ status: 502, error: 'server_error' })
    expect(rejection.log).toContain('does not say which')
    const refresh = await getRefreshRejection(provider, server(json(granted)), server(raw('', 400)))
    expect(refresh).toMatchObject({ status: 401, error: 'login_required' })
  })
})
