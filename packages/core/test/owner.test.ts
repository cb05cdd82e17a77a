import { describe, expect, it } from 'vitest'
import type { AuthClient } from '../src/index.ts'
import { createSetup, createSlowSchema } from './setup.ts'

const bob = { username: 'bob', password: 'x' }

/** What may happen while `rejectsToken` decides about the response to a request of cathy. */
const changes: Record<string, (client: AuthClient<never>, other: AuthClient<never>) => Promise<unknown>> = {
  'another user signs in': (client) => client.signIn(bob),
  'another user signs in in another tab': (_, other) => other.signIn(bob),
  'the user signs out and another one signs in': async (client) => {
    await client.signOut()
    await client.signIn(bob)
  },
  'a listener signs another user in': async (client) => {
    const stop = client.subscribe(({ status }) => {
      if (status !== 'signed-out') return
      stop()
      void client.signIn(bob)
    })
    await client.signOut()
  },
}

describe('a request that one user started', () => {
  it.each(Object.keys(changes))('is not sent with the token of another user when %s', async (name) => {
    const received: string[] = []
    const { browser, openPage } = createSetup({
      signedInAs: 'cathy',
      api: async (request) => {
        received.push(`${await request.text()} ${request.headers.get('authorization')}`)
        return new Response(null, { status: 401 })
      },
    })
    const other = openPage().client
    const { client } = openPage({
      rejectsToken: async ({ status }) => {
        await changes[name]!(client as AuthClient<never>, other as AuthClient<never>)
        await browser.wait(100)
        return status === 401
      },
    })
    await Promise.all([client.ready(), other.ready()])
    const payment = client
      .fetch('/api/payments', { method: 'POST', body: "cathy's payment" })
      .catch((error: unknown) => error)
    await browser.advance(1_000)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
    expect(await payment).toMatchObject({ code: 'login_required' })
    expect(received).toEqual(["cathy's payment Bearer session-1.token-1"])
  })

  it('is not sent at all when the schema is still reading another user', async () => {
    const received: (string | null)[] = []
    const { browser, openPage } = createSetup({
      signedInAs: 'cathy',
      api: (request) => {
        received.push(request.headers.get('authorization'))
        return new Response()
      },
    })
    const { client } = openPage({
      user: createSlowSchema(({ username }) => (username === 'bob' ? browser.wait(500) : undefined)),
    })
    await client.ready()
    await browser.sleep(7_200_000)
    void client.signIn(bob)
    await browser.advance(100)
    const request = client.fetch('/api/items').catch((error: unknown) => error)
    await browser.advance(1_000)
    expect(client.getState().session).toMatchObject({ user: { username: 'bob' } })
    expect(await request).toMatchObject({ code: 'login_required' })
    expect(received).toEqual([])
  })
})
