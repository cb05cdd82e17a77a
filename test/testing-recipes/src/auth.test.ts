// @vitest-environment happy-dom
import { createAuthClient } from '@latchkey/core'
import { createErrorResponse, createFakeBff } from '@latchkey/core/testing'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

// Mock Service Worker loses cookies.
const bff = createFakeBff({ users: { cathy: 'correct horse' }, cookies: false })
const server = setupServer(
  http.all('/auth/*', ({ request }) => bff.fetch(request)),
  http.get('/api/items', ({ request }) =>
    bff.acceptsToken(request) ? HttpResponse.json(['pen']) : new HttpResponse(null, { status: 401 }),
  ),
)

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  bff.endSessions()
  bff.intercept(null)
})
afterAll(() => server.close())

it('signs in and fetches', async () => {
  const auth = createAuthClient()
  await auth.signIn({ username: 'cathy', password: 'correct horse' })
  expect(await (await auth.fetch('/api/items')).json()).toEqual(['pen'])
  auth.dispose()
})

it('rejects a wrong password, and says when there were too many', async () => {
  const auth = createAuthClient()
  const signIn = () => auth.signIn({ username: 'cathy', password: 'wrong' })
  await expect(signIn()).rejects.toMatchObject({ code: 'invalid_credentials' })
  bff.intercept(() => createErrorResponse(429, 'rate_limited', { retryAfter: 30 }))
  await expect(signIn()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 30 })
  auth.dispose()
})
