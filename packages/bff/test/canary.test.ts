import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AuditEvent, ProviderDescription } from '../src/index.ts'
import { axosoft, classSuper, oauth2 } from '../src/providers/index.ts'
import type { BrowserResponse } from './support/browser.ts'
import { createTestBff } from './support/browser.ts'
import { createTelemetry } from './support/telemetry.ts'
import type { ReceivedRequest, Reply } from './support/token-endpoint.ts'
import { failWithCode } from './support/token-endpoint.ts'

const password = 'canary-of-the-password'
const clientSecret = 'canary-of-the-client-secret'
const refreshToken = 'canary-of-the-refresh-token'
const username = 'canary-of-the-username'

const providers: Record<string, ProviderDescription> = {
  'a function': oauth2({
    tokenEndpoint: 'https://as.example.com/token',
    clientId: 'portal',
    clientSecret: async () => clientSecret,
    clientAuth: 'post',
  }),
  basic: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal', clientSecret }),
  raw: classSuper({ clientId: 'portal', clientSecret, business: 'B', scope: [] }),
  body: oauth2({
    tokenEndpoint: 'https://as.example.com/token',
    clientId: 'portal',
    clientSecret,
    clientAuth: 'post',
  }),
  query: axosoft({ site: 'https://acct.axosoft.com', clientId: 'portal', clientSecret }),
}

/** A reply that contains everything the server received, as servers in development may send it. */
const echo =
  (status: number, createBody: (text: string) => string): Reply =>
  (request) => {
    const text = describeRequest(request)
    return new Response(createBody(text), { status, headers: { 'WWW-Authenticate': text } })
  }

const describeRequest = ({ url, headers, parameters }: ReceivedRequest): string =>
  [url.href, parameters, [...headers].join(' '), refreshToken].join(' ')

const failures: Record<string, Reply> = {
  '400 invalid_grant': echo(400, (text) =>
    JSON.stringify({ error: 'invalid_grant', error_description: text }),
  ),
  'an echo as the error code': echo(400, (text) => JSON.stringify({ error: text, error_uri: text })),
  '401 invalid_client': echo(401, (text) =>
    JSON.stringify({ error: 'invalid_client', error_description: text }),
  ),
  '403 with text': echo(403, (text) => text),
  '200 with an error': echo(200, (text) => JSON.stringify({ error: 'x', error_description: text })),
  '200 with HTML': echo(200, (text) => `<pre>${text}</pre>`),
  '200 without a token': echo(200, (text) => JSON.stringify({ text })),
  '200 with an unknown token type': echo(200, (text) =>
    JSON.stringify({ access_token: 'a', token_type: text }),
  ),
  '200 with a malformed token': echo(200, (text) =>
    JSON.stringify({ access_token: `\n${text}`, token_type: 'Bearer' }),
  ),
  '302 to the URL of the request': ({ url }) =>
    new Response(null, { status: 302, headers: { Location: url.href } }),
  '404': echo(404, (text) => text),
  '429': echo(429, (text) => text),
  '500': echo(500, (text) => text),
  'a body that is too long': echo(200, (text) => text.repeat(2000)),
  'a body that breaks': (request) =>
    new Response(
      new ReadableStream({
        start: (stream) => {
          stream.enqueue(new TextEncoder().encode('{"access_token":'))
          stream.error(new Error(describeRequest(request)))
        },
      }),
    ),
  'a refused connection': failWithCode('ECONNREFUSED'),
  'a broken connection': failWithCode('ECONNRESET'),
  'an error of fetch with the whole request': (request) => {
    throw new TypeError(`Failed to parse URL from ${describeRequest(request)}`, {
      cause: new Error(describeRequest(request)),
    })
  },
}

describe.each(Object.entries(providers))('secrets sent by %s', (_, provider) => {
  it.each(Object.entries(failures))(
    'get into no log line, event, metric, span, response or header after %s',
    async (__, failure) => {
      const issue: Reply = ({ url }) =>
        url.pathname === '/revoke'
          ? new Response(null, { status: 500 })
          : Response.json({
              access_token: 'a',
              refresh_token: refreshToken,
              token_type: 'Bearer',
              expires_in: 900,
            })
      const telemetry = createTelemetry()
      const events: AuditEvent[] = []
      const revocation = { url: 'https://as.example.com/revoke' }
      const { sendRequest, restore, token, signOut, endpoint, clock, jar, log, bff } = createTestBff(issue, {
        provider: { ...provider, revocation },
        ...telemetry.options,
        onEvent: (event) => {
          events.push(event)
          return telemetry.options.onEvent(event)
        },
      })
      const responses: BrowserResponse[] = []
      const signIn = (): Promise<BrowserResponse> =>
        sendRequest('POST', '/session', { credentials: { username, password } })

      const signedIn = await signIn()
      const [cookie = ''] = jar.values()
      endpoint.script(failure)
      responses.push(await signIn())
      await clock.pass(2_592_001)
      responses.push(await token(1), await restore(), await signOut())
      jar.set('__Host-Http-latchkey', cookie)
      endpoint.script(issue)
      responses.push(await signIn())
      const [second = ''] = jar.values()
      await clock.pass(901)
      endpoint.script(failure)
      responses.push(await token(1), await restore('?peek'), await token(1))
      endpoint.script(failure)
      responses.push(await signOut())
      responses.push(await sendRequest('POST', `/session?password=${password}`, `{"password":"${password}"`))
      responses.push(
        await sendRequest('POST', '/session', { credentials: { username, password, [password]: password } }),
      )
      await bff.close()

      const written = inspect([log, responses.map(({ body, text }) => [body, text])], {
        depth: 9,
        maxStringLength: null,
      })
      const headers = responses.flatMap((response) =>
        [...response.headers].filter(([name]) => name !== 'set-cookie'),
      )
      const measured = await telemetry.readAll()
      const all = `${written} ${JSON.stringify(headers)} ${signedIn.text} ${measured} ${JSON.stringify(events)}`
      for (const secret of [
        password,
        clientSecret,
        refreshToken,
        cookie,
        second,
        btoa(`portal:${clientSecret}`),
      ])
        expect(all).not.toContain(secret)
      for (const text of [log.join(' '), measured, JSON.stringify(events)]) {
        expect(text).not.toContain(username)
        expect(text).not.toContain('://')
      }
      expect(measured).toContain('latchkey.sign_in')
      expect(events.length).toBeGreaterThan(2)
    },
  )
})

it('would find a canary: the request contains the password', async () => {
  const { signIn, endpoint, jar } = createTestBff(
    echo(200, () => '{"access_token":"a","token_type":"Bearer"}'),
  )
  await signIn()
  expect(describeRequest(endpoint.requests[0] as ReceivedRequest)).toContain('correct+horse')
  expect([...jar.values()].join(' ')).toMatch(/^[\w-]{64} [\w-]{24}$/)
})
