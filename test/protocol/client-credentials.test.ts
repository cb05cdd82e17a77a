import { fileURLToPath } from 'node:url'
import type { BffOptions, ProviderDescription } from '@latchkey/bff'
import { createBff, defineProvider } from '@latchkey/bff'
import { classy, oauth2 } from '@latchkey/bff/providers'
import { expect, it } from 'vitest'
import { build } from 'vite'
import { createTestBff } from '../../packages/bff/test/support/browser.ts'
import type { ReceivedRequest, TokenEndpoint } from '../../packages/bff/test/support/token-endpoint.ts'
import { json } from '../../packages/bff/test/support/token-endpoint.ts'
import { tokenResponse, invalidGrant, createProvider, tokenEndpoint } from './setup.ts'

const machineProvider = createProvider({ grant: 'client_credentials', scope: ['read'] })
const machineOptions = {
  authorize: () => ({ subject: 'cathy' }),
  dangerouslyGiveMachineTokenToBrowser: true,
} satisfies Partial<BffOptions>

/** Uses the refresh token of a response, and reissues the token without one. */
const refreshingProvider: ProviderDescription = {
  ...machineProvider,
  refresh: { mode: 'refresh_token', fallback: 'reissue' },
}

/** The user who signs in is the client. */
const userClientProvider: ProviderDescription = {
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

/** Creates a reply that issues numbered access and refresh tokens. */
function createIssuer(): (request: ReceivedRequest) => Response {
  let issued = 0
  return () => {
    issued += 1
    return Response.json({
      ...tokenResponse,
      access_token: `access-${issued}`,
      refresh_token: `refresh-${issued}`,
    })
  }
}

const listGrants = ({ requests }: TokenEndpoint): (string | null)[] =>
  requests.map(({ parameters }) => parameters.get('grant_type'))

it('12 rejects the client credentials grant without a client or its secret', () => {
  expect(() => defineProvider(oauth2({ grant: 'client_credentials', tokenEndpoint }))).toThrow(
    /client: is missing/,
  )
  expect(() =>
    defineProvider(
      oauth2({ grant: 'client_credentials', tokenEndpoint, clientId: 'portal', clientAuth: 'basic' }),
    ),
  ).toThrow(/client\.secret: is missing/)
})

it('12 keeps the machine token on the server, and requires `authorize`', () => {
  const { authorize } = machineOptions
  expect(() => createBff({ provider: machineProvider, authorize })).toThrow(
    /mode: is "token"\. Expected: "proxy"/,
  )
  expect(() => createBff({ provider: machineProvider, mode: 'proxy' })).toThrow(/authorize: is missing/)
})

it('12 ships no code for client secrets or grants to the browser', async () => {
  const getSourceFile = (name: string): string =>
    fileURLToPath(new URL(`../../packages/${name}/src/index.ts`, import.meta.url))
  const buildResult = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source'] },
    build: {
      write: false,
      rollupOptions: {
        input: [getSourceFile('core'), getSourceFile('react')],
        external: [/^react/],
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const files = 'output' in buildResult ? buildResult.output : []
  const code = files.map((file) => ('code' in file ? file.code : '')).join('\n')
  expect(code).toContain('login_required')
  expect(code).not.toMatch(/client_?secret|client_credentials|refresh_?token|grant_type/i)
})

it('31 ignores a refresh token when the description says reissue', async () => {
  const { restore, endpoint, clock } = createTestBff(createIssuer(), {
    provider: machineProvider,
    ...machineOptions,
  })
  expect((await restore()).body.token?.access_token).toBe('access-1')
  await clock.pass(901)
  expect((await restore()).body.token?.access_token).toBe('access-2')
  expect(listGrants(endpoint)).toEqual(['client_credentials', 'client_credentials'])
})

it.each([
  ['a description', refreshingProvider],
  ['the preset of Classy', classy({ clientId: 'portal', clientSecret: 's3cret' })],
])('31 uses a refresh token when %s says so', async (_, provider) => {
  const { restore, endpoint, clock } = createTestBff(createIssuer(), { provider, ...machineOptions })
  await restore()
  await clock.pass(901)
  expect((await restore()).body.token?.access_token).toBe('access-2')
  expect(listGrants(endpoint)).toEqual(['client_credentials', 'refresh_token'])
  expect(endpoint.requests[1]?.parameters.get('refresh_token')).toBe('refresh-1')
})

it('31 reissues the token when the refresh token is rejected, and keeps the session', async () => {
  const server = createIssuer()
  const { restore, endpoint, clock } = createTestBff(server, {
    provider: refreshingProvider,
    ...machineOptions,
  })
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

it('36 reissues the token with the stored credentials when the refresh token of a user client is rejected', async () => {
  const server = createIssuer()
  const { sendRequest, restore, endpoint, clock } = createTestBff(server, {
    provider: {
      ...userClientProvider,
      refresh: { mode: 'refresh_token', fallback: 'reissue', storeCredentials: true },
    },
  })
  await sendRequest('POST', '/session', { credentials: { client_id: 'cathy', client_secret: 'api secret' } })
  endpoint.script(invalidGrant, server)
  await clock.pass(901)
  expect((await restore()).body.token?.access_token).toBe('access-2')
  expect(listGrants(endpoint)).toEqual(['client_credentials', 'refresh_token', 'client_credentials'])
})

it('48 reissues the machine token with the configured scope before it expires, and keeps the session', async () => {
  const { restore, token, endpoint, clock } = createTestBff(json({ ...tokenResponse, scope: 'read more' }), {
    provider: createProvider({ grant: 'client_credentials', scope: ['read', 'more', 'most'] }),
    ...machineOptions,
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

it('48 reissues the token of a user client with the stored credentials', async () => {
  const { sendRequest, restore, endpoint, clock } = createTestBff(json(tokenResponse), {
    provider: userClientProvider,
  })
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
