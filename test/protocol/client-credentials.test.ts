import { fileURLToPath } from 'node:url'
import type { BffOptions, ProviderDescription } from '@latchkey/bff'
import { createBff, defineProvider } from '@latchkey/bff'
import { classy, oauth2 } from '@latchkey/bff/providers'
import { expect, it } from 'vitest'
import { build } from 'vite'
import { createTestBff } from '../../packages/bff/test/support/browser.ts'
import type { ReceivedRequest, TokenEndpoint } from '../../packages/bff/test/support/token-endpoint.ts'
import { json } from '../../packages/bff/test/support/token-endpoint.ts'
import { good, invalidGrant, plain, tokenEndpoint } from './setup.ts'

const application = plain({ grant: 'client_credentials', scope: ['read'] })
const admitted = {
  authorize: () => ({ subject: 'cathy' }),
  dangerouslyGiveMachineTokenToBrowser: true,
} satisfies Partial<BffOptions>

/** Uses the refresh token that comes, and asks again without one. */
const withRefreshToken: ProviderDescription = {
  ...application,
  refresh: { mode: 'refresh_token', fallback: 'reissue' },
}

/** The person who signs in is the client. */
const personal: ProviderDescription = {
  id: 'personal',
  login: {
    userIsClient: true,
    username: 'client_id',
    fields: {
      client_id: { label: 'Login ID', type: 'text' },
      client_secret: { label: 'API secret', type: 'password' },
    },
  },
  token: { url: tokenEndpoint },
  signInGrant: 'client_credentials',
  grants: {
    client_credentials: { clientAuth: 'post', scope: { default: ['tenant.example.com'] } },
    refresh_token: { clientAuth: 'post' },
  },
  refresh: { mode: 'reissue', storeCredentials: true },
}

/** Issues access and refresh tokens, counted together. */
function issuing(): (asked: ReceivedRequest) => Response {
  let issued = 0
  return () => {
    issued += 1
    return Response.json({ ...good, access_token: `access-${issued}`, refresh_token: `refresh-${issued}` })
  }
}

const grantsIn = ({ requests }: TokenEndpoint): (string | null)[] =>
  requests.map(({ parameters }) => parameters.get('grant_type'))

it('12 refuses client credentials without a client, and without its secret', () => {
  expect(() => defineProvider(oauth2({ grant: 'client_credentials', tokenEndpoint }))).toThrow(
    /client: must be given/,
  )
  expect(() =>
    defineProvider(
      oauth2({ grant: 'client_credentials', tokenEndpoint, clientId: 'portal', clientAuth: 'basic' }),
    ),
  ).toThrow(/client\.secret: must be given/)
})

it('12 keeps what the application was given to itself, unless told otherwise in so many words', () => {
  const { authorize } = admitted
  expect(() => createBff({ provider: application, authorize })).toThrow(/mode: must be "proxy"/)
  expect(() => createBff({ provider: application, mode: 'proxy' })).toThrow(/authorize: must be given/)
})

it('12 knows of no client secret in anything that a browser loads', async () => {
  const source = (name: string): string =>
    fileURLToPath(new URL(`../../packages/${name}/src/index.ts`, import.meta.url))
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source'] },
    build: {
      write: false,
      rollupOptions: {
        input: [source('core'), source('react')],
        external: [/^react/],
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const files = 'output' in built ? built.output : []
  const code = files.map((file) => ('code' in file ? file.code : '')).join('\n')
  expect(code).toContain('login_required')
  expect(code).not.toMatch(/client_?secret|client_credentials|refresh_?token|grant_type/i)
})

it('31 ignores a refresh token where the description asks again', async () => {
  const { restore, endpoint, clock } = createTestBff(issuing(), { provider: application, ...admitted })
  expect((await restore()).body.token?.access_token).toBe('access-1')
  await clock.pass(901)
  expect((await restore()).body.token?.access_token).toBe('access-2')
  expect(grantsIn(endpoint)).toEqual(['client_credentials', 'client_credentials'])
})

it.each([
  ['a description', withRefreshToken],
  ['the preset of Classy', classy({ clientId: 'portal', clientSecret: 's3cret' })],
])('31 uses a refresh token where %s says so', async (_, provider) => {
  const { restore, endpoint, clock } = createTestBff(issuing(), { provider, ...admitted })
  await restore()
  await clock.pass(901)
  expect((await restore()).body.token?.access_token).toBe('access-2')
  expect(grantsIn(endpoint)).toEqual(['client_credentials', 'refresh_token'])
  expect(endpoint.requests[1]?.parameters.get('refresh_token')).toBe('refresh-1')
})

it('31 asks again when the refresh token is refused, and signs nobody out', async () => {
  const server = issuing()
  const { restore, endpoint, clock } = createTestBff(server, { provider: withRefreshToken, ...admitted })
  const before = await restore()
  endpoint.script(invalidGrant, server)
  await clock.pass(901)
  const after = await restore()
  expect(after.body.token?.access_token).toBe('access-2')
  expect(after.body.session).toEqual(before.body.session)
  await clock.pass(901)
  await restore()
  expect(endpoint.requests.map(({ parameters }) => parameters.get('refresh_token'))).toEqual([
    null,
    'refresh-1',
    null,
    'refresh-2',
  ])
})

it('36 asks again in place of a refused refresh token that a person who is the client has left', async () => {
  const server = issuing()
  const { sendRequest, restore, endpoint, clock } = createTestBff(server, {
    provider: {
      ...personal,
      refresh: { mode: 'refresh_token', fallback: 'reissue', storeCredentials: true },
    },
  })
  await sendRequest('POST', '/session', { credentials: { client_id: 'cathy', client_secret: 'api secret' } })
  endpoint.script(invalidGrant, server)
  await clock.pass(901)
  expect((await restore()).body.token?.access_token).toBe('access-2')
  expect(grantsIn(endpoint)).toEqual(['client_credentials', 'refresh_token', 'client_credentials'])
})

it('48 asks again with the first scope before the token ends, and nobody has to do anything', async () => {
  const { restore, token, endpoint, clock } = createTestBff(json({ ...good, scope: 'read more' }), {
    provider: plain({ grant: 'client_credentials', scope: ['read', 'more', 'most'] }),
    ...admitted,
  })
  const { body } = await restore()
  await clock.pass(850)
  expect((await restore()).body.token).toMatchObject({ sequence: 2, expires_in: 900 })
  await clock.pass(20)
  expect((await token(2)).body.token?.sequence).toBe(3)
  expect((await restore()).body.session).toEqual(body.session)
  for (const { parameters } of endpoint.requests)
    expect(Object.fromEntries(parameters)).toEqual({
      grant_type: 'client_credentials',
      scope: 'read more most',
    })
  expect(endpoint.requests).toHaveLength(3)
})

it('48 asks again with what a person typed who is the client, where the description keeps it', async () => {
  const { sendRequest, restore, endpoint, clock } = createTestBff(json(good), { provider: personal })
  await sendRequest('POST', '/session', { credentials: { client_id: 'cathy', client_secret: 'api secret' } })
  await clock.pass(850)
  expect((await restore()).body.token?.sequence).toBe(2)
  expect(endpoint.requests).toHaveLength(2)
  for (const { parameters } of endpoint.requests)
    expect(Object.fromEntries(parameters)).toEqual({
      grant_type: 'client_credentials',
      scope: 'tenant.example.com',
      client_id: 'cathy',
      client_secret: 'api secret',
    })
})
