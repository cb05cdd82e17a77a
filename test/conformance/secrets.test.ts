import { expect, it } from 'vitest'
import type { BffClient } from '../support/bff-client.ts'
import { leaksOf } from './secrets.ts'
import type { Server } from './server.ts'

const server: Server = {
  name: 'a server',
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

function visitWith(seen: { log?: string; answered?: string }): BffClient {
  const form = new URLSearchParams({ grant_type: 'password', password: 'mistyped-5' })
  const exchange = {
    url: String(server.tokenUrl),
    headers: new Headers({ Authorization: `Basic ${pair}` }),
    form,
    status: 200,
    empty: false,
    body: { access_token: 'access-token-1', refresh_token: 'refresh-token-1' },
  }
  return {
    send: async () => new Response(),
    exchanges: () => [exchange],
    wait: () => {},
    log: () => seen.log ?? '',
    answered: () => seen.answered ?? '',
    cookies: () => ['cookie-value-1'],
    close: async () => {},
  }
}

it.each([
  ['a password', 'the user typed pass "word" 9'],
  ['a password', JSON.stringify({ password: server.password })],
  ['a password', 'https://server.test/token?password=pass%20%22word%22%209'],
  ['a password', 'password=pass+%22word%22+9'],
  ['a password', 'mistyped-5'],
  ['the client secret', 'client-secret-7%2B'],
  ['the client secret', `Authorization: Basic ${pair}`],
  ['the client secret', 'client-secret-8'],
  ['a refresh token', 'refresh-token-1'],
  ['the value of a cookie', 'latchkey=cookie-value-1'],
])('finds %s in a log and in an answer: %s', (name, text) => {
  expect(leaksOf(visitWith({ log: `something ${text} else` }), server)).toEqual([`${name} stands in the log`])
  expect(leaksOf(visitWith({ answered: text }), server)).toEqual([`${name} stands in an answer to the page`])
})

it('leaves the access token to the page, and finds it in the log', () => {
  const text = 'access-token-1'
  expect(leaksOf(visitWith({ log: text, answered: text }), server)).toEqual([
    'an access token stands in the log',
  ])
})

it('takes no plain text for a secret that reads like it', () => {
  const plain = { ...server, password: 'password', clientSecret: 'client-7' }
  const log = 'client-7 signs in with a password at https://server.test/oauth2/token'
  expect(leaksOf(visitWith({ log }), plain)).toEqual([])
})
