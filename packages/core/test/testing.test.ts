import { describe, expect, expectTypeOf, it } from 'vitest'
import type { AuthClient } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import type { FakeBff } from '../src/testing/index.ts'
import {
  createErrorResponse,
  createFakeBff,
  createTestAuth,
  createTestBrowser,
} from '../src/testing/index.ts'

/** A user without a username, as many APIs describe one. */
interface Person {
  id: number
  name: string
}
const cathy: Person = { id: 7, name: 'Cathy' }

describe('createTestAuth', () => {
  it('is signed in from the start, and its requests carry a token', async () => {
    const auth = createTestAuth({
      user: { username: 'cathy', role: 'admin' },
      api: (request) => new Response(request.headers.get('authorization')),
    })
    expect(auth.getState()).toMatchObject({
      status: 'signed-in',
      session: { user: { username: 'cathy', role: 'admin' } },
    })
    expect(await (await auth.fetch('/api/items')).text()).toMatch(/^Bearer /)
    expect(auth.getState()).toMatchObject({ session: { user: { username: 'cathy', role: 'admin' } } })
  })

  it('is signed out by default, and signs in with any password', async () => {
    const auth = createTestAuth()
    expectTypeOf(auth).toExtend<AuthClient<{ username: string }>>()
    expect(auth.getState().status).toBe('signed-out')
    await auth.signIn({ username: 'bob', password: 'any' })
    expect(auth.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
  })

  it('rejects a wrong password when the passwords are given', async () => {
    const auth = createTestAuth({ users: { cathy: 'correct horse' } })
    await expect(auth.signIn({ username: 'cathy', password: 'wrong' })).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
    await auth.signIn({ username: 'cathy', password: 'correct horse' })
    expect(auth.getState().status).toBe('signed-in')
  })

  it('accepts a user of any type', async () => {
    const auth = createTestAuth({ user: cathy })
    expectTypeOf(auth).toExtend<AuthClient<Person>>()
    const { session } = auth.getState()
    await auth.getAccessToken({ forceRefresh: true })
    expect(auth.getState().session).toBe(session)
    expect(session?.user).toEqual(cathy)
  })

  it.each([
    ['any username when the user has none', { user: cathy }, 'anything'],
    ["the user's own username", { user: { ...cathy, username: 'cathy' } }, 'cathy'],
    ['the option username', { user: cathy, username: 'c.reilly' }, 'c.reilly'],
  ])('signs in the same user with %s', async (_, options, username) => {
    const auth = createTestAuth<Person>(options)
    const { session } = auth.getState()
    await auth.expire()
    const next = await auth.signIn({ username, password: 'any' })
    expect(next).toEqual({ ...session, id: 'session-2' })
  })

  it('creates other users with createUser', async () => {
    const auth = createTestAuth<Person>({
      user: cathy,
      username: 'cathy',
      createUser: (username) => ({ id: username.length, name: username }),
    })
    const { session } = auth.getState()
    const next = await auth.signIn({ username: 'bob', password: 'any' })
    expect(next.user).toEqual({ id: 3, name: 'bob' })
    expect(next.subject).not.toBe(session?.subject)
    await auth.signIn({ username: 'cathy', password: 'any' })
    expect(auth.getState().session).toMatchObject({ user: cathy, subject: session?.subject })
    expectTypeOf(createTestAuth({ createUser: () => cathy })).toExtend<AuthClient<Person>>()
  })

  it('calls the api handler with the BFF, without a type annotation for the client', async () => {
    const auth = createTestAuth({
      user: cathy,
      api: (request, bff) => {
        expectTypeOf(bff).toEqualTypeOf<FakeBff>()
        return new Response(null, { status: bff.acceptsToken(request) ? 200 : 401 })
      },
    })
    auth.bff.revokeTokens()
    expect((await auth.fetch('/api/items')).status).toBe(200)
    expect(auth.bff.grantCount()).toBe(1)
  })

  it('uses the mode of the BFF', async () => {
    const auth = createTestAuth({
      user: cathy,
      mode: 'proxy',
      api: (request, bff) =>
        new Response(request.headers.get('authorization'), { status: bff.acceptsToken(request) ? 200 : 401 }),
    })
    const response = await auth.fetch('/api/items')
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(await auth.getAccessToken()).toBe('')
  })

  it.each(['token', 'proxy'] as const)('in %s mode ends the session with the given reason', async (mode) => {
    const auth = createTestAuth({ user: cathy, mode })
    await auth.expire('refresh_rejected')
    expect(auth.getState()).toMatchObject({ status: 'expired', reason: 'refresh_rejected' })
  })

  it('knows the sign-in methods before the first request', () => {
    expect(
      createTestAuth()
        .signInMethods.get()
        ?.credentials?.fields.map(({ name }) => name),
    ).toEqual(['username', 'password'])
    const signInMethods = { redirect: true } as const
    expect(createTestAuth({ signInMethods }).signInMethods.get()).toEqual(signInMethods)
  })

  it('uses another base path', async () => {
    const auth = createTestAuth({ user: cathy, basePath: '/bff' })
    await auth.getAccessToken({ forceRefresh: true })
    expect(auth.browser.requests).toEqual(['GET /bff/session'])
    expect((await auth.fetch('/auth/session')).status).toBe(404)
  })

  it('issues tokens with the given lifetime', async () => {
    const auth = createTestAuth({ user: cathy, expiresIn: 30 })
    await auth.getAccessToken()
    expect(auth.accessToken.secondsLeft()).toBe(30)
  })

  it('passes allow, rejectsToken and onExpired to the client', async () => {
    const auth = createTestAuth({
      user: cathy,
      allow: ['https://api.test'],
      onExpired: 'hold',
      rejectsToken: ({ status }) => status === 419,
      api: (request, bff) => new Response(null, { status: bff.acceptsToken(request) ? 200 : 419 }),
    })
    auth.bff.revokeTokens()
    expect((await auth.fetch('https://api.test/items')).status).toBe(200)
    await auth.expire()
    const request = auth.fetch('https://api.test/items')
    await auth.signIn({ username: 'cathy', password: 'any' })
    expect((await request).status).toBe(200)
  })

  it.each([
    ['https://app.test', undefined],
    ['http://localhost:5173', 'http://localhost:5173/login'],
  ])('is on a page of %s with pageUrl %s', async (origin, pageUrl) => {
    const urls: string[] = []
    const auth = createTestAuth({
      user: cathy,
      ...(pageUrl !== undefined && { pageUrl }),
      api: (request) => {
        urls.push(request.url)
        return new Response(request.headers.get('authorization'))
      },
    })
    expect(await (await auth.fetch(`${origin}/api/items`)).text()).toMatch(/^Bearer /)
    await auth.fetch('/api/items')
    await auth.fetch('https://elsewhere.test/auth/session')
    expect(urls).toEqual([
      `${origin}/api/items`,
      `${origin}/api/items`,
      'https://elsewhere.test/auth/session',
    ])
  })

  it('expires with a reason', async () => {
    const auth = createTestAuth({ user: cathy })
    await auth.expire('absolute')
    expect(auth.getState()).toMatchObject({ status: 'expired', reason: 'absolute' })
  })
})

describe('a fake BFF with one-time codes', () => {
  const signIn = { username: 'cathy', password: 'correct horse' }
  const createAuthWithCode = () =>
    createTestAuth({ users: { cathy: 'correct horse', bob: 'secret' }, otp: { cathy: '123456' } })

  it('requires the code after the password', async () => {
    const auth = createAuthWithCode()
    const error = await auth.signIn(signIn).catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      code: 'challenge_required',
      challenge: {
        id: 'challenge-1',
        fields: [{ name: 'otp', label: 'One-time code', type: 'otp', optional: false }],
      },
    })
    await auth.signIn({ otp: '123456' }, { challenge: 'challenge-1' })
    expect(auth.getState()).toMatchObject({ session: { user: { username: 'cathy' } } })
  })

  it('accepts the code together with the username and password, and once', async () => {
    const auth = createAuthWithCode()
    await auth.signIn(signIn).catch(() => {})
    await auth.signIn({ ...signIn, otp: '123456' }, { challenge: 'challenge-1' })
    await expect(auth.signIn({ otp: '123456' }, { challenge: 'challenge-1' })).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
  })

  it('lets the user repeat a wrong code', async () => {
    const auth = createAuthWithCode()
    await auth.signIn(signIn).catch(() => {})
    await expect(auth.signIn({ otp: '000000' }, { challenge: 'challenge-1' })).rejects.toMatchObject({
      code: 'invalid_credentials',
      challenge: { id: 'challenge-1', fields: [{ name: 'otp' }] },
    })
    await auth.signIn({ otp: '123456' }, { challenge: 'challenge-1' })
    expect(auth.getState().status).toBe('signed-in')
  })

  it('requires a correct password first, and no code from other users', async () => {
    const auth = createAuthWithCode()
    const error = await auth.signIn({ ...signIn, password: 'wrong' }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'invalid_credentials' })
    expect(error).not.toHaveProperty('challenge.id')
    await auth.signIn({ username: 'bob', password: 'secret' })
    expect(auth.getState().status).toBe('signed-in')
  })
})

describe('a fake BFF without cookies', () => {
  it('keeps the session of its one browser', async () => {
    const bff = createFakeBff({ cookies: false })
    const browser = createTestBrowser({
      network: async (request) => {
        const { headers, body, status } = await bff.fetch(request)
        expect(headers.has('set-cookie')).toBe(false)
        return new Response(body, { status })
      },
    })
    const createClient = () => createAuthClient({ platform: browser.openTab().platform })
    const auth = createClient()
    await auth.signIn({ username: 'cathy', password: 'any' })
    expect(await auth.getAccessToken({ forceRefresh: true })).toBe('session-1.token-2')
    const reloaded = createClient()
    expect(await reloaded.ready()).toMatchObject({ session: { user: { username: 'cathy' } } })
    await reloaded.signOut()
    await browser.advance(0)
    expect((await createClient().ready()).status).toBe('signed-out')
  })

  it('starts and ends sessions without a request', async () => {
    const bff = createFakeBff({ cookies: false })
    const { platform } = createTestBrowser({ network: bff.fetch }).openTab()
    bff.startSession('cathy')
    const auth = createAuthClient({ platform })
    expect((await auth.ready()).status).toBe('signed-in')
    bff.startSession('bob')
    await auth.getAccessToken({ forceRefresh: true }).catch(() => {})
    await auth.ready()
    expect(auth.getState()).toMatchObject({ session: { user: { username: 'bob' } } })
    bff.endSessions('absolute')
    await auth.getAccessToken({ forceRefresh: true }).catch(() => {})
    expect(auth.getState()).toMatchObject({ status: 'expired', reason: 'absolute' })
  })
})

it('createErrorResponse describes a challenge', async () => {
  const challenge = { fields: [{ name: 'pin', label: 'PIN', type: 'password', optional: false }] } as const
  const auth = createTestAuth()
  auth.bff.intercept(() =>
    createErrorResponse(401, 'challenge_required', { challenge: { fields: [...challenge.fields] } }),
  )
  await expect(auth.signIn({ username: 'cathy', password: 'any' })).rejects.toMatchObject({ challenge })
})
