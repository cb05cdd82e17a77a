import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../src/index.ts'
import { createBff, memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import {
  createBrowser,
  createTestLogger,
  createTestBff,
  credentials,
  flushPromises,
} from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { json } from './support/token-endpoint.ts'

const base = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal', scope: ['read'] })

/** A server that returns a token for the second request. */
const withContinuation: ProviderDescription = {
  ...base,
  grants: {
    ...base.grants,
    'mfa-otp': { grantType: 'urn:example:mfa-otp', clientAuth: 'none', params: { code: '{otp}' } },
  },
  errors: {
    challenges: [
      {
        when: { code: 'mfa_required' },
        fields: { otp: { label: 'Code', type: 'otp' } },
        forward: { mfa_token: '/mfa_token' },
        grant: 'mfa-otp',
      },
    ],
  },
}

/** A server that needs all credentials again, with the code. */
const withRepeatedSignIn: ProviderDescription = {
  ...base,
  errors: {
    challenges: [
      {
        when: { contains: 'code required' },
        fields: { totp: { label: 'Code', type: 'otp' } },
        grant: 'password',
      },
    ],
  },
}

const token = { access_token: 'a', token_type: 'Bearer', expires_in: 900 }

const reply: Reply = ({ parameters }) => {
  const code = parameters.get('code') ?? parameters.get('totp')
  if (code === '123456') return Response.json(token)
  if (code !== null) return Response.json({ error: 'invalid_grant' }, { status: 403 })
  return Response.json(
    { error: 'mfa_required', error_description: 'A Code Required', mfa_token: 'canary-mfa-token' },
    { status: 403 },
  )
}

const options = { provider: withContinuation }

describe('a sign-in that needs further credentials', () => {
  it('gets challenge_required with the fields, creates no session and logs nothing', async () => {
    const { signIn, restore, log } = createTestBff(reply, options)
    const response = await signIn()
    expect(response).toMatchObject({
      status: 401,
      body: {
        error: 'challenge_required',
        challenge: { fields: [{ name: 'otp' }], id: expect.any(String) as string },
      },
    })
    expect(response.headers.get('Set-Cookie')).toBeNull()
    expect((await restore()).body).toMatchObject({ session: null })
    expect(log).toHaveLength(1) // the notice about the password grant
  })

  it('is completed by a second request, with the username of the first', async () => {
    const { signIn, sendRequest, endpoint } = createTestBff(reply, options)
    const { challenge } = (await signIn()).body
    const response = await sendRequest('POST', '/session', {
      credentials: { otp: '123456' },
      challenge: challenge?.id,
    })
    expect(response).toMatchObject({
      status: 200,
      body: { session: { user: { username: 'cathy' }, scope: ['read'] }, token: { access_token: 'a' } },
    })
    expect(Object.fromEntries(endpoint.requests[1]?.parameters ?? [])).toEqual({
      grant_type: 'urn:example:mfa-otp',
      client_id: 'portal',
      code: '123456',
      mfa_token: 'canary-mfa-token',
      scope: 'read',
    })
  })

  it('does not send the password to a grant without it, even if the page does', async () => {
    const { signIn, sendRequest, endpoint } = createTestBff(reply, options)
    const { challenge } = (await signIn()).body
    await sendRequest('POST', '/session', {
      credentials: { ...credentials, otp: '123456' },
      challenge: challenge?.id,
    })
    expect(endpoint.requests[1]?.parameters.has('password')).toBe(false)
  })

  it('sends all credentials again when the challenge repeats the sign-in', async () => {
    const { signIn, sendRequest, endpoint } = createTestBff(reply, { provider: withRepeatedSignIn })
    const { challenge } = (await signIn()).body
    expect(challenge?.fields).toMatchObject([{ name: 'totp' }])
    const second = { credentials: { ...credentials, totp: '123456' }, challenge: challenge?.id }
    expect((await sendRequest('POST', '/session', second)).status).toBe(200)
    expect(Object.fromEntries(endpoint.requests[1]?.parameters ?? [])).toEqual({
      grant_type: 'password',
      client_id: 'portal',
      ...credentials,
      totp: '123456',
      scope: 'read',
    })
  })

  it('accepts another code after a wrong one, without the password', async () => {
    const { signIn, sendRequest } = createTestBff(reply, options)
    const { challenge } = (await signIn()).body
    const sendCode = (otp: string) =>
      sendRequest('POST', '/session', { credentials: { otp }, challenge: challenge?.id })
    expect(await sendCode('000000')).toMatchObject({
      status: 401,
      body: { error: 'invalid_credentials', challenge },
    })
    expect((await sendCode('123456')).status).toBe(200)
  })

  it('has a challenge that works once', async () => {
    const { signIn, sendRequest, endpoint } = createTestBff(reply, options)
    const { challenge } = (await signIn()).body
    const second = { credentials: { otp: '123456' }, challenge: challenge?.id }
    expect((await sendRequest('POST', '/session', second)).status).toBe(200)
    await flushPromises()
    expect((await sendRequest('POST', '/session', second)).status).toBe(400)
    expect(endpoint.requests).toHaveLength(2)
  })

  it('has a challenge that expires after five minutes; then it is a first request', async () => {
    const { signIn, sendRequest, clock, endpoint } = createTestBff(reply, options)
    const { challenge } = (await signIn()).body
    await clock.pass(300)
    const second = { credentials: { ...credentials, otp: '123456' }, challenge: challenge?.id }
    const response = await sendRequest('POST', '/session', second)
    expect(response.body).toMatchObject({
      error: 'challenge_required',
      challenge: { fields: [{ name: 'otp' }] },
    })
    expect(response.body.challenge?.id).not.toBe(challenge?.id)
    expect(endpoint.requests[1]?.parameters.get('grant_type')).toBe('password')
  })

  it('keeps scope and remember of the first request', async () => {
    const { signIn, sendRequest, endpoint } = createTestBff(reply, {
      provider: {
        ...withContinuation,
        grants: {
          ...withContinuation.grants,
          password: { clientAuth: 'none', scope: { allowed: ['write'] } },
        },
      },
    })
    const { challenge } = (await signIn({ scope: ['write'], remember: true })).body
    const second = { credentials: { otp: '123456' }, challenge: challenge?.id }
    expect((await sendRequest('POST', '/session', second)).headers.get('Set-Cookie')).toContain('Max-Age=')
    expect(endpoint.requests[1]?.parameters.get('scope')).toBe('write')
  })

  it('gives the browser only an id, and the store only sealed bytes', async () => {
    const store = memoryStore()
    const written: string[] = []
    const recordingStore = {
      ...store,
      insert: (...args: Parameters<typeof store.insert>) => {
        written.push(args[0], Buffer.from(args[1].sealed).toString('latin1'), ...args[1].indexNames)
        return store.insert(...args)
      },
    }
    const { signIn, log } = createTestBff(reply, { ...options, store: recordingStore })
    const response = await signIn()
    for (const text of [response.text, JSON.stringify([...response.headers]), log.join(), written.join()])
      for (const secret of ['canary-mfa-token', credentials.password]) expect(text).not.toContain(secret)
    expect(written.join()).not.toContain(response.body.challenge?.id)
  })

  it('is unknown to other providers, and its id opens no session', async () => {
    const store = memoryStore()
    const setup = createTestBff(reply, { ...options, store })
    const { challenge } = (await setup.signIn()).body
    const platform = { fetch: setup.endpoint.fetch, now: setup.clock.now }
    const otherBrowser = createBrowser(
      createBff({
        provider: { ...withContinuation, id: 'another' },
        store,
        platform,
        logger: createTestLogger(),
      }),
    )
    const second = { credentials: { otp: '123456' }, challenge: challenge?.id }
    expect((await otherBrowser.sendRequest('POST', '/session', second)).status).toBe(400)
    setup.jar.set('__Host-Http-latchkey', String(challenge?.id))
    expect((await setup.restore()).body).toMatchObject({ session: null })
  })

  it.each(['', 'x', 'a'.repeat(64), '%00', '😀'])(
    'is a first request with an unknown challenge (%j)',
    async (id) => {
      const { sendRequest, endpoint } = createTestBff(json(token), options)
      expect((await sendRequest('POST', '/session', { credentials, challenge: id })).status).toBe(200)
      expect(endpoint.requests[0]?.parameters.get('grant_type')).toBe('password')
    },
  )

  it('gets server_error when the server does not return what the challenge forwards', async () => {
    const { signIn, log } = createTestBff(json({ error: 'mfa_required', mfa_token: 7 }, 403), options)
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('/mfa_token')
  })

  it('ends the session when the challenge comes at a refresh', async () => {
    const setup = createTestBff(json({ ...token, refresh_token: 'r' }), options)
    await setup.signIn()
    await setup.clock.pass(880)
    setup.endpoint.script(json({ error: 'mfa_required' }, 403))
    expect((await setup.token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_rejected' })
  })
})
