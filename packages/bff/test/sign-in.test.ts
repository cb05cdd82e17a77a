import { expect, it } from 'vitest'
import { createScene } from './support/browser.ts'
import { json, rotating } from './support/token-endpoint.ts'

it('signs in, restores, refreshes and signs out', async () => {
  const { signIn, restore, token, signOut, endpoint, clock, bff } = createScene(rotating())
  const first = await signIn()
  expect(first).toMatchObject({
    status: 200,
    body: {
      session: { user: { username: 'cathy' }, scope: ['read'], expires_in: 43_200 },
      token: { access_token: 'access-1', token_type: 'Bearer', expires_in: 900, sequence: 1 },
    },
  })
  expect((await restore()).body.session?.session_id).toBe(first.body.session?.session_id)
  clock.pass(860)
  expect((await restore()).body.token).toMatchObject({
    access_token: 'access-2',
    sequence: 2,
    expires_in: 900,
  })
  clock.pass(300)
  expect((await token(2)).body.token).toMatchObject({ access_token: 'access-3', sequence: 3 })
  endpoint.script(json({}))
  expect((await signOut()).status).toBe(204)
  expect((await restore()).body).toEqual({ session: null })
  await bff.close()
  expect(endpoint.asked.at(-1)?.parameters.get('token')).toBe('refresh-3')
})
