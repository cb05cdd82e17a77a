import type { BffClient } from '../support/bff-client.ts'
import type { Server } from './server.ts'

/**
 * Where secrets came out that a visit has seen: each in the log, and all but the access token in an answer to the page.
 * Those that cannot be told from plain text are not looked for.
 */
export function leaksOf(visit: BffClient, server: Server): string[] {
  const exchanges = visit.exchanges()
  const sent = (name: string): string[] => exchanges.flatMap(({ form }) => form.get(name) ?? [])
  const issued = (member: string): string[] =>
    exchanges.map(({ body }) => body[member]).filter((value) => typeof value === 'string')
  const basic = exchanges.map(({ headers }) => (headers.get('Authorization') ?? '').replace('Basic ', ''))
  const basicSecrets = basic.map((pair) => Buffer.from(pair, 'base64').toString().replace(/^.*?:/, ''))
  const kept: [string, string[]][] = [
    ['a password', [server.password, ...sent('password')]],
    ['the client secret', [server.clientSecret, ...sent('client_secret'), ...basic, ...basicSecrets]],
    ['a refresh token', issued('refresh_token')],
    ['the value of a cookie', [...visit.cookies()]],
  ]
  const accessTokens: [string, string[]] = ['an access token', issued('access_token')]
  const places: [string, string, [string, string[]][]][] = [
    ['the log', visit.log(), [...kept, accessTokens]],
    ['an answer to the page', visit.answered(), kept],
  ]
  return places.flatMap(([place, text, secrets]) =>
    secrets
      .filter(([, values]) => values.some((value) => isTellable(value, server) && holds(text, value)))
      .map(([name]) => `${name} stands in ${place}`),
  )
}

/** A short or plain word may stand anywhere with another meaning, and so may a part of what is no secret. */
function isTellable(secret: string, server: Server): boolean {
  const { tokenUrl, discoveryUrl, revokeUrl, clientId, username, scope } = server
  const open = [tokenUrl, discoveryUrl, revokeUrl, clientId, username, scope]
  const isWord = secret.length < 8 || /^[a-z]+$/i.test(secret)
  return !isWord && !open.some((text) => text?.includes(secret))
}

/** Finds a value as it is, and as a URL, a form or a JSON text writes it. */
function holds(text: string, value: string): boolean {
  const form = new URLSearchParams({ _: value }).toString().slice(2)
  const written = [value, encodeURIComponent(value), form, JSON.stringify(value).slice(1, -1)]
  return written.some((one) => text.includes(one))
}
