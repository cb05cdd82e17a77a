import { expect, it } from 'vitest'
import type { BffClient } from '../support/bff-client.ts'
import { findLeaks } from './secrets.ts'
import type { Server } from './server.ts'

const server: Server = {
  name: 'test server',
  tokenUrl: 'https://server.test/oauth2/token',
  discoveryUrl: null,
  revokeUrl: null,
  userinfoUrl: null,
  clientId: 'client-7',
  clientSecret: 'client-secret-7+',
  clientAuth: ['basic'],
  username: 'ada@server.test',
  password: 'pass "word" 9',
  scope: 'read',
  rotation: 'none',
  accessTokenLifetime: 60,
}

const pair = Buffer.from('client-7:client-secret-8').toString('base64')

function createClientWithOutput(output: { log?: string; responses?: string }): BffClient {
  const form = new URLSearchParams({ grant_type: 'password', password: 'mistyped-5' })
  const exchange = {
    url: String(server.tokenUrl),
    headers: new Headers({ Authorization: `Basic ${pair}` }),
    form,
    status: 200,
    isEmpty: false,
    body: { access_token: 'access-token-1', refresh_token: 'refresh-token-1' },
  }
  return {
    send: async () => new Response(),
    exchanges: () => [exchange],
    advanceClock: () => {},
    log: () => output.log ?? '',
    responseBodies: () => output.responses ?? '',
    cookies: () => ['cookie-value-1'],
    close: async () => {},
  }
}

it.each([
  ['a password', 'the password is pass "word" 9'],
  ['a password', JSON.stringify({ password: server.password })],
  ['a password', 'https://server.test/token?password=pass%20%22word%22%209'],
  ['a password', 'password=pass+%22word%22+9'],
  ['a password', 'mistyped-5'],
  ['the client secret', 'client-secret-7%2B'],
  ['the client secret', `Authorization: Basic ${pair}`],
  ['the client secret', 'client-secret-8'],
  ['a refresh token', 'refresh-token-1'],
  ['a cookie value', 'latchkey=cookie-value-1'],
])('finds %s in the log and in a response: %s', (name, text) => {
  expect(findLeaks(createClientWithOutput({ log: `something ${text} else` }), server)).toEqual([
    `the log contains ${name}`,
  ])
  expect(findLeaks(createClientWithOutput({ responses: text }), server)).toEqual([
    `a response to the page contains ${name}`,
  ])
})

it('finds an access token in the log, and allows it in a response', () => {
  const text = 'access-token-1'
  expect(findLeaks(createClientWithOutput({ log: text, responses: text }), server)).toEqual([
    'the log contains an access token',
  ])
})

it('does not search for secrets that look like plain text', () => {
  const plain = { ...server, password: 'password', clientSecret: 'client-7' }
  const log = 'client-7 signs in with a password at https://server.test/oauth2/token'
  expect(findLeaks(createClientWithOutput({ log }), plain)).toEqual([])
})
