import { describe, expect, it } from 'vitest'
import { createTestAuth } from '../src/testing/index.ts'

describe('createTestAuth', () => {
  it('is signed in from the first look on, with a token for who asks', async () => {
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

  it('is signed out by default, and signs in', async () => {
    const auth = createTestAuth()
    expect(auth.getState().status).toBe('signed-out')
    await auth.signIn({ username: 'bob', password: 'any' })
    expect(auth.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
  })

  it('expires when a test says so', async () => {
    const auth = createTestAuth({ user: { username: 'cathy' } })
    await auth.expire('absolute')
    expect(auth.getState()).toMatchObject({ status: 'expired', reason: 'absolute' })
  })
})
