import { describe, expect, it } from 'vitest'
import type { InitialState, StandardSchema } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import { createFakeBff, createTestBrowser } from '../src/testing/index.ts'
import { passwordSignIn } from '../src/testing/fake-sign-in.ts'

const user = { username: 'cathy', since: '2026-01-01' }
const signedIn: InitialState = {
  status: 'signed-in',
  session: { id: 'session-1', subject: 'subject-cathy', user, scope: ['read'] },
  signInMethods: passwordSignIn,
}
const signedOut: InitialState = {
  status: 'signed-out',
  session: null,
  reason: 'no_session',
  signInMethods: passwordSignIn,
}
const createSchema = <Output>(
  validate: StandardSchema<Output>['~standard']['validate'],
): StandardSchema<Output> => ({ '~standard': { version: 1, vendor: 'test', validate } })
const parsing = createSchema((value) => {
  const { username, since } = value as typeof user
  return { value: { username, since: new Date(since), id: 7n } }
})

/** A page with the HTML of a server, and the session of its user at the BFF. */
function createPage<User>(initialState: InitialState, schema?: StandardSchema<User>) {
  const bff = createFakeBff({ createUser: () => user })
  const cookie = bff.startSession('cathy')
  const browser = createTestBrowser({ network: bff.fetch, cookie })
  const client = createAuthClient<User>({
    platform: browser.openTab().platform,
    // As HTML contains it.
    initialState: JSON.parse(JSON.stringify(initialState)) as InitialState,
    user: schema,
  })
  return { bff, browser, client }
}

describe('the state from a server that rendered the page', () => {
  it('of a signed-in user costs one request, and the state object of the first render stays', async () => {
    const { browser, client } = createPage(signedIn)
    const first = client.getState()
    client.subscribe(() => {})
    await browser.advance(1_000)
    expect(client.getState()).toBe(first)
    expect(client.accessToken.get()).toBe('session-1.token-1')
    expect(client.sessionEnd.secondsLeft()).toBeGreaterThan(0)
    expect(browser.requests).toEqual(['GET /auth/session'])
  })

  it('of a signed-out browser costs none', async () => {
    const { browser, client } = createPage(signedOut)
    client.subscribe(() => {})
    await browser.advance(600_000)
    expect(client.getState()).toMatchObject(signedOut)
    expect(browser.requests).toEqual([])
  })

  it('contains the user as the schema parses it, and keeps that object after the first response', async () => {
    const { browser, client } = createPage(signedIn, parsing)
    const first = client.getState()
    expect(first.session?.user).toEqual({ username: 'cathy', since: new Date('2026-01-01'), id: 7n })
    client.subscribe(() => {})
    await browser.advance(1_000)
    expect(client.getState()).toBe(first)
  })

  it.each([
    ['rejects the user', createSchema(() => ({ issues: [{ message: 'no role' }] })), 'signed-out'],
    [
      'throws',
      createSchema(() => {
        throw new Error('broken')
      }),
      'signed-out',
    ],
    ['is asynchronous', createSchema((value) => Promise.resolve({ value })), 'signed-in'],
  ])('is restoring where the schema %s, until the BFF has responded', async (_, schema, status) => {
    const { browser, client } = createPage(signedIn, schema)
    expect(client.getState()).toEqual({ status: 'restoring', session: null })
    client.subscribe(() => {})
    await browser.advance(1_000)
    expect(client.getState().status).toBe(status)
  })

  it('is that of another user after a sign-in in between: the page follows the BFF', async () => {
    const { bff, browser, client } = createPage(signedIn)
    bff.intercept(async (request) => {
      bff.intercept(null)
      const { session, ...rest } = (await (await bff.fetch(request)).json()) as { session: object }
      return Response.json({ ...rest, session: { ...session, session_id: 's9', subject: 'subject-bob' } })
    })
    client.subscribe(() => {})
    await browser.advance(1_000)
    expect(client.getState()).toMatchObject({
      status: 'signed-in',
      session: { id: 's9', subject: 'subject-bob' },
    })
  })
})

describe('ready() on a server', () => {
  it('resolves with the parsed state, and rejects with a sentence where the schema does not accept it', async () => {
    const accepted = createAuthClient({ initialState: signedIn, user: parsing })
    expect(await accepted.ready()).toBe(accepted.getState())
    const rejecting = createSchema(() => ({ issues: [{ message: 'no role' }] }))
    await expect(createAuthClient({ initialState: signedIn, user: rejecting }).ready()).rejects.toMatchObject(
      {
        name: 'AuthError',
        code: 'invalid_request',
        message: 'Call this in the browser',
      },
    )
  })
})
