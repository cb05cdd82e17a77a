import { describe, expect, it } from 'vitest'
import type { AuthClientOptions, StandardSchema } from '../src/index.ts'
import { createSetup } from './setup.ts'

const minute = 60_000

const createSchema = <User>(
  validate: StandardSchema<User>['~standard']['validate'],
): StandardSchema<User> => ({
  '~standard': { version: 1, vendor: 'test', validate },
})
/** `openPage` is typed for the user of the fake BFF. */
const withSchema = (schema: StandardSchema): AuthClientOptions<{ username: string }> => ({
  user: schema as StandardSchema<{ username: string }>,
})

class Account {
  readonly #username: string
  constructor(username: string) {
    this.#username = username
  }
  get roles(): string[] {
    return this.#username.split('+')
  }
}

/** Outputs that JSON cannot express or compare. */
const outputs: Record<string, (value: { username: string }) => unknown> = {
  'a BigInt': ({ username }) => ({ username, id: 1n }),
  'a Set': ({ username }) => new Set(username.split('+')),
  'a class instance': ({ username }) => new Account(username),
  'a cycle': ({ username }) => {
    const user: Record<string, unknown> = { username }
    return (user['self'] = user)
  },
  'a function': ({ username }) => ({ username: () => username }),
}

describe('a user schema whose output is not JSON', () => {
  it.each(Object.keys(outputs))(
    '(%s) restores, keeps the object of an equal user, and shows a change',
    async (name) => {
      let username = 'reader+editor'
      const { browser, openPage } = createSetup({ signedInAs: 'cathy', createUser: () => ({ username }) })
      const { client } = openPage(
        withSchema(createSchema((value) => ({ value: outputs[name]!(value as never) }))),
      )
      const { session, status } = await client.ready()
      expect(status).toBe('signed-in')
      await client.getAccessToken({ forceRefresh: true })
      expect(client.getState().session).toBe(session)
      username = 'reader'
      await client.getAccessToken({ forceRefresh: true })
      expect(client.getState().session).not.toBe(session)
      await browser.advance(0)
      expect(client.getState().status).toBe('signed-in')
    },
  )
})

describe('a user that the schema rejects', () => {
  const onlyCathy = createSchema((value) =>
    (value as { username: string }).username === 'cathy'
      ? { value }
      : { issues: [{ message: 'Expected cathy', path: ['username'] }] },
  )
  const failing = createSchema(() => {
    throw new TypeError('the schema failed')
  })
  const broken = createSchema(() => undefined as never)

  it.each([
    ['has issues', onlyCathy],
    ['throws', failing],
    ['returns nothing', broken],
  ])('(the schema %s) is signed out after a page load, and the BFF ends the session', async (_, schema) => {
    const { browser, openPage } = createSetup({ signedInAs: 'bob' })
    const { client } = openPage(withSchema(schema))
    expect(await client.ready()).toEqual({ status: 'signed-out', session: null, reason: 'user_rejected' })
    await browser.advance(0)
    expect(browser.requests).toEqual(['GET /auth/session', 'DELETE /auth/session?session_id=session-1'])
    await expect(client.getAccessToken()).rejects.toMatchObject({
      code: 'login_required',
      reason: 'user_rejected',
    })
    expect(await openPage().client.ready()).toMatchObject({ status: 'signed-out', reason: 'no_session' })
  })

  it('rejects the sign-in with the issue, and a reload is signed out', async () => {
    const { browser, openPage } = createSetup()
    const { client } = openPage(withSchema(onlyCathy))
    await client.ready()
    await expect(client.signIn({ username: 'bob', password: 'x' })).rejects.toMatchObject({
      code: 'invalid_response',
      reason: 'user_rejected',
      message: expect.stringContaining('Expected cathy') as string,
    })
    await browser.advance(0)
    expect(browser.requests.at(-1)).toBe('DELETE /auth/session?session_id=session-1')
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it('expires a page that shows the user, and the session that a sign-in has replaced', async () => {
    const { openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage(withSchema(onlyCathy))
    await client.ready()
    await client.signIn({ username: 'bob', password: 'x' }).catch(() => {})
    expect(client.getState()).toMatchObject({
      status: 'expired',
      reason: 'user_rejected',
      session: { user: { username: 'cathy' } },
    })
  })

  it('signs out after a change of the user during the session', async () => {
    let username = 'cathy'
    const { browser, openPage } = createSetup({ signedInAs: 'cathy', createUser: () => ({ username }) })
    const { client } = openPage(withSchema(onlyCathy))
    await client.ready()
    username = 'root'
    await browser.advance(20 * minute)
    expect(client.getState()).toMatchObject({ status: 'expired', reason: 'user_rejected' })
    expect(client.accessToken.get()).toBeNull()
  })
})
