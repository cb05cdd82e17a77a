import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../src/index.ts'
import { axosoft, classSuper, oauth2 } from '../src/providers/index.ts'
import type { Answer } from './support/browser.ts'
import { createTestBff } from './support/browser.ts'
import type { ReceivedRequest, Reply } from './support/token-endpoint.ts'
import { failWithCode } from './support/token-endpoint.ts'

const password = 'canary-of-the-password'
const clientSecret = 'canary-of-the-client-secret'
const refreshToken = 'canary-of-the-refresh-token'
const username = 'canary-of-the-username'

const providers: Record<string, ProviderDescription> = {
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

/** An answer that says back all it heard, as a server in development may, in a form that means this. */
const echoing =
  (status: number, body: (heard: string) => string): Reply =>
  (asked) =>
    new Response(body(heardBy(asked)), { status, headers: { 'WWW-Authenticate': heardBy(asked) } })

const heardBy = ({ url, headers, parameters }: ReceivedRequest): string =>
  [url.href, parameters, [...headers].join(' '), refreshToken].join(' ')

const failures: Record<string, Reply> = {
  '400 invalid_grant': echoing(400, (heard) =>
    JSON.stringify({ error: 'invalid_grant', error_description: heard }),
  ),
  'an error that is the echo': echoing(400, (heard) => JSON.stringify({ error: heard, error_uri: heard })),
  '401 invalid_client': echoing(401, (heard) =>
    JSON.stringify({ error: 'invalid_client', error_description: heard }),
  ),
  '403 and text': echoing(403, (heard) => heard),
  '200 and an error': echoing(200, (heard) => JSON.stringify({ error: 'x', error_description: heard })),
  '200 and HTML': echoing(200, (heard) => `<pre>${heard}</pre>`),
  '200 without a token': echoing(200, (heard) => JSON.stringify({ heard })),
  '200 with an odd type': echoing(200, (heard) => JSON.stringify({ access_token: 'a', token_type: heard })),
  '200 with an odd token': echoing(200, (heard) =>
    JSON.stringify({ access_token: `\n${heard}`, token_type: 'Bearer' }),
  ),
  '302 back to where it came from': ({ url }) =>
    new Response(null, { status: 302, headers: { Location: url.href } }),
  '404': echoing(404, (heard) => heard),
  '429': echoing(429, (heard) => heard),
  '500': echoing(500, (heard) => heard),
  'a body that is too long': echoing(200, (heard) => heard.repeat(2000)),
  'a body that breaks': (asked) =>
    new Response(
      new ReadableStream({
        start: (stream) => {
          stream.enqueue(new TextEncoder().encode('{"access_token":'))
          stream.error(new Error(heardBy(asked)))
        },
      }),
    ),
  'a refused connection': failWithCode('ECONNREFUSED'),
  'a broken connection': failWithCode('ECONNRESET'),
  'an error of fetch that tells all': (asked) => {
    throw new TypeError(`Failed to parse URL from ${heardBy(asked)}`, { cause: new Error(heardBy(asked)) })
  },
}

describe.each(Object.entries(providers))('no secret sent by %s', (_, provider) => {
  it.each(Object.entries(failures))(
    'gets into a log line, an error, an answer or a header after %s',
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
      const revocation = { url: 'https://as.example.com/revoke' }
      const { ask, restore, token, signOut, endpoint, clock, jar, log, bff } = createTestBff(issue, {
        provider: { ...provider, revocation },
      })
      const answers: Answer[] = []
      const signIn = (): Promise<Answer> => ask('POST', '/session', { credentials: { username, password } })

      const signedIn = await signIn()
      const [cookie = ''] = jar.values()
      endpoint.script(failure)
      answers.push(await signIn())
      await clock.pass(2_592_001)
      answers.push(await token(1), await restore(), await signOut())
      jar.set('__Host-Http-latchkey', cookie)
      endpoint.script(issue)
      answers.push(await signIn())
      const [second = ''] = jar.values()
      await clock.pass(901)
      endpoint.script(failure)
      answers.push(await token(1), await restore('?peek'), await token(1))
      endpoint.script(failure)
      answers.push(await signOut())
      answers.push(await ask('POST', `/session?password=${password}`, `{"password":"${password}"`))
      answers.push(await ask('POST', '/session', { credentials: { username, password, more: password } }))
      await bff.close()

      const seen = inspect([log, answers.map(({ body, text }) => [body, text])], {
        depth: 9,
        maxStringLength: null,
      })
      const headers = answers.flatMap((answer) =>
        [...answer.headers].filter(([name]) => name !== 'set-cookie'),
      )
      const all = `${seen} ${JSON.stringify(headers)} ${signedIn.text}`
      for (const secret of [
        password,
        clientSecret,
        refreshToken,
        cookie,
        second,
        btoa(`portal:${clientSecret}`),
      ])
        expect(all).not.toContain(secret)
      expect(log.join(' ')).not.toContain(username)
      expect(log.join(' ')).not.toContain('://')
    },
  )
})

it('finds a canary where there is one', async () => {
  const { signIn, endpoint, jar } = createTestBff(
    echoing(200, () => '{"access_token":"a","token_type":"Bearer"}'),
  )
  await signIn()
  expect(heardBy(endpoint.requests[0] as ReceivedRequest)).toContain('correct+horse')
  expect([...jar.values()].join('')).toMatch(/^[\w-]{64}$/)
})
