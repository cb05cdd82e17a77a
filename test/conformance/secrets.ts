import type { BffClient } from '../support/bff-client.ts'
import type { Server } from './server.ts'

/**
 * Finds secrets of a BFF client in the log and, except access tokens, in the responses to the page. Secrets that look
 * like plain text are not searched for.
 */
export function findLeaks(bffClient: BffClient, server: Server): string[] {
  const exchanges = bffClient.exchanges()
  const sent = (name: string): string[] => exchanges.flatMap(({ form }) => form.get(name) ?? [])
  const issued = (member: string): string[] =>
    exchanges.map(({ body }) => body[member]).filter((value) => typeof value === 'string')
  const basic = exchanges.map(({ headers }) => (headers.get('Authorization') ?? '').replace('Basic ', ''))
  const basicSecrets = basic.map((pair) => Buffer.from(pair, 'base64').toString().replace(/^.*?:/, ''))
  const serverSecrets: [string, string[]][] = [
    ['a password', [server.password, ...sent('password')]],
    ['the client secret', [server.clientSecret, ...sent('client_secret'), ...basic, ...basicSecrets]],
    ['a refresh token', issued('refresh_token')],
    ['a cookie value', [...bffClient.cookies()]],
  ]
  const accessTokens: [string, string[]] = ['an access token', issued('access_token')]
  const outputs: [string, string, [string, string[]][]][] = [
    ['the log', bffClient.log(), [...serverSecrets, accessTokens]],
    ['a response to the page', bffClient.responseBodies(), serverSecrets],
  ]
  return outputs.flatMap(([output, text, secrets]) =>
    secrets
      .filter(([, values]) =>
        values.some((value) => isDistinctive(value, server) && containsValue(text, value)),
      )
      .map(([name]) => `${output} contains ${name}`),
  )
}

/** Whether a match proves a leak: short or plain words, and parts of public values, occur for other reasons. */
function isDistinctive(secret: string, server: Server): boolean {
  const { tokenUrl, discoveryUrl, revokeUrl, clientId, username, scope } = server
  const publicValues = [tokenUrl, discoveryUrl, revokeUrl, clientId, username, scope]
  const isWord = secret.length < 8 || /^[a-z]+$/i.test(secret)
  return !isWord && !publicValues.some((value) => value?.includes(secret))
}

/** Whether a text contains a value, unencoded or as a URL, a form or JSON encodes it. */
function containsValue(text: string, value: string): boolean {
  const form = new URLSearchParams({ _: value }).toString().slice(2)
  const encodings = [value, encodeURIComponent(value), form, JSON.stringify(value).slice(1, -1)]
  return encodings.some((encoding) => text.includes(encoding))
}
