import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../src/index.ts'
import { createBff, memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createBrowser, createTestLogger, createTestBff, credentials } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { json } from './support/token-endpoint.ts'

const base = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal', scope: ['read'] })

/** A server that gives a name to go on with. */
const carrying: ProviderDescription = {
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

/** A server that wants everything again, and the code with it. */
const again: ProviderDescription = {
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

const server: Reply = ({ parameters }) => {
  const code = parameters.get('code') ?? parameters.get('totp')
  if (code === '123456') return Response.json(token)
  if (code !== null) return Response.json({ error: 'invalid_grant' }, { status: 403 })
  return Response.json(
    { error: 'mfa_required', error_description: 'A Code Required', mfa_token: 'canary-mfa-token' },
    { status: 403 },
  )
}

const scenes = { provider: carrying }

describe('a sign-in that the authorization server asks more of', () => {
  it('answers with what to ask, begins no session, and is no failure for the log', async () => {
    const { signIn, restore, log } = createTestBff(server, scenes)
    const answer = await signIn()
    expect(answer).toMatchObject({
      status: 401,
      body: {
        error: 'challenge_required',
        challenge: { fields: [{ name: 'otp' }], id: expect.any(String) as string },
      },
    })
    expect(answer.headers.get('Set-Cookie')).toBeNull()
    expect((await restore()).body).toMatchObject({ session: null })
    expect(log).toHaveLength(1) // the warning at the start
  })

  it('is finished by a second request with what the first one brought, under the name of the first', async () => {
    const { signIn, ask, endpoint } = createTestBff(server, scenes)
    const { challenge } = (await signIn()).body
    const answer = await ask('POST', '/session', { credentials: { otp: '123456' }, challenge: challenge?.id })
    expect(answer).toMatchObject({
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

  it('does not send the password again where it is not wanted, though the page may', async () => {
    const { signIn, ask, endpoint } = createTestBff(server, scenes)
    const { challenge } = (await signIn()).body
    await ask('POST', '/session', {
      credentials: { ...credentials, otp: '123456' },
      challenge: challenge?.id,
    })
    expect(endpoint.requests[1]?.parameters.has('password')).toBe(false)
  })

  it('sends everything again where the server wants that', async () => {
    const { signIn, ask, endpoint } = createTestBff(server, { provider: again })
    const { challenge } = (await signIn()).body
    expect(challenge?.fields).toMatchObject([{ name: 'totp' }])
    const second = { credentials: { ...credentials, totp: '123456' }, challenge: challenge?.id }
    expect((await ask('POST', '/session', second)).status).toBe(200)
    expect(Object.fromEntries(endpoint.requests[1]?.parameters ?? [])).toEqual({
      grant_type: 'password',
      client_id: 'portal',
      ...credentials,
      totp: '123456',
      scope: 'read',
    })
  })

  it('may be tried again after a wrong code, without the password', async () => {
    const { signIn, ask } = createTestBff(server, scenes)
    const { challenge } = (await signIn()).body
    const answerWith = (otp: string) =>
      ask('POST', '/session', { credentials: { otp }, challenge: challenge?.id })
    expect(await answerWith('000000')).toMatchObject({
      status: 401,
      body: { error: 'invalid_credentials', challenge },
    })
    expect((await answerWith('123456')).status).toBe(200)
  })

  it('works once', async () => {
    const { signIn, ask, bff, endpoint } = createTestBff(server, scenes)
    const { challenge } = (await signIn()).body
    const second = { credentials: { otp: '123456' }, challenge: challenge?.id }
    expect((await ask('POST', '/session', second)).status).toBe(200)
    await bff.close()
    expect((await ask('POST', '/session', second)).status).toBe(400)
    expect(endpoint.requests).toHaveLength(2)
  })

  it('runs out after five minutes, and is a first request then', async () => {
    const { signIn, ask, clock, endpoint } = createTestBff(server, scenes)
    const { challenge } = (await signIn()).body
    await clock.pass(300)
    const late = { credentials: { ...credentials, otp: '123456' }, challenge: challenge?.id }
    const answer = await ask('POST', '/session', late)
    expect(answer.body).toMatchObject({
      error: 'challenge_required',
      challenge: { fields: [{ name: 'otp' }] },
    })
    expect(answer.body.challenge?.id).not.toBe(challenge?.id)
    expect(endpoint.requests[1]?.parameters.get('grant_type')).toBe('password')
  })

  it('keeps the scope and the wish to be remembered of the first request', async () => {
    const { signIn, ask, endpoint } = createTestBff(server, {
      provider: {
        ...carrying,
        grants: { ...carrying.grants, password: { clientAuth: 'none', scope: { allowed: ['write'] } } },
      },
    })
    const { challenge } = (await signIn({ scope: ['write'], remember: true })).body
    const second = { credentials: { otp: '123456' }, challenge: challenge?.id }
    expect((await ask('POST', '/session', second)).headers.get('Set-Cookie')).toContain('Max-Age=')
    expect(endpoint.requests[1]?.parameters.get('scope')).toBe('write')
  })

  it('is known to the browser by its name alone, and to the store as sealed bytes', async () => {
    const store = memoryStore()
    const written: string[] = []
    const watched = {
      ...store,
      insert: (...args: Parameters<typeof store.insert>) => {
        written.push(args[0], Buffer.from(args[1].sealed).toString('latin1'), args[1].subject)
        return store.insert(...args)
      },
    }
    const { signIn, log } = createTestBff(server, { ...scenes, store: watched })
    const answer = await signIn()
    for (const text of [answer.text, JSON.stringify([...answer.headers]), log.join(), written.join()])
      for (const secret of ['canary-mfa-token', credentials.password]) expect(text).not.toContain(secret)
    expect(written.join()).not.toContain(answer.body.challenge?.id)
  })

  it('opens at no other provider, and its name opens no session', async () => {
    const store = memoryStore()
    const scene = createTestBff(server, { ...scenes, store })
    const { challenge } = (await scene.signIn()).body
    const platform = { fetch: scene.endpoint.fetch, now: scene.clock.now }
    const other = createBrowser(
      createBff({ provider: { ...carrying, id: 'another' }, store, platform, logger: createTestLogger() }),
    )
    const second = { credentials: { otp: '123456' }, challenge: challenge?.id }
    expect((await other.ask('POST', '/session', second)).status).toBe(400)
    scene.jar.set('__Host-Http-latchkey', String(challenge?.id))
    expect((await scene.restore()).body).toMatchObject({ session: null })
  })

  it.each(['', 'x', 'a'.repeat(64), '%00', '😀'])(
    'with a made-up name (%j) is a first request',
    async (id) => {
      const { ask, endpoint } = createTestBff(json(token), scenes)
      expect((await ask('POST', '/session', { credentials, challenge: id })).status).toBe(200)
      expect(endpoint.requests[0]?.parameters.get('grant_type')).toBe('password')
    },
  )

  it('is a matter of configuration when the server gives nothing to go on with', async () => {
    const { signIn, log } = createTestBff(json({ error: 'mfa_required', mfa_token: 7 }, 403), scenes)
    expect(await signIn()).toMatchObject({ status: 502, body: { error: 'server_error' } })
    expect(log.at(-1)).toContain('has no string at /mfa_token')
  })

  it('ends the session when it comes at a refresh, where there is nobody to ask', async () => {
    const scene = createTestBff(json({ ...token, refresh_token: 'r' }), scenes)
    await scene.signIn()
    await scene.clock.pass(880)
    scene.endpoint.script(json({ error: 'mfa_required' }, 403))
    expect((await scene.token(1)).body).toMatchObject({ error: 'login_required', reason: 'refresh_rejected' })
  })
})
