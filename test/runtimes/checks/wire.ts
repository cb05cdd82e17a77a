import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict'
import type { Check } from '../check.ts'
import { advanceClock, openSignedInPage, Page, waitUntil } from '../check.ts'

/** The acts between a page and the BFF. */
export const wireChecks: readonly Check[] = [
  {
    name: 'signs a user in, sets the cookie, and restores the session',
    async run(context) {
      const page = new Page(context)
      deepStrictEqual(
        await page.send('GET', '/auth/session').then(([status, { session }]) => [status, session]),
        [200, null],
      )
      const [status, { session, token }] = await page.signIn()
      strictEqual(status, 200)
      match(page.cookie, /^latchkey=[\w-]{64}$/)
      deepStrictEqual([token?.token_type, token?.sequence], ['Bearer', 1])
      ok([899, 900].includes(token?.expires_in ?? 0))
      const [, restored] = await page.send('GET', '/auth/session')
      strictEqual(restored.session?.session_id, session?.session_id)
      strictEqual(restored.token?.access_token, token?.access_token)
    },
  },
  {
    name: 'rejects a wrong password without a cookie',
    async run(context) {
      const page = new Page(context)
      const [status, { error }] = await page.signIn('wrong')
      deepStrictEqual([status, error, page.cookie], [401, 'invalid_credentials', ''])
    },
  },
  {
    name: 'refreshes an expired token once for twenty requests',
    async run(context) {
      const { page, body } = await openSignedInPage(context)
      const request = { session_id: body.session?.session_id, after: 1 }
      await advanceClock(context, 901)
      const responses = await Promise.all(
        Array.from({ length: 20 }, () => page.send('POST', '/auth/token', request)),
      )
      deepStrictEqual(
        new Set(responses.map(([status, { token }]) => `${status} ${token?.sequence}`)),
        new Set(['200 2']),
      )
      deepStrictEqual(context.upstream.grants(context.username), ['password', 'refresh_token'])
    },
  },
  {
    name: 'uses the newest refresh token each time, and ends the session when the server rejects it',
    async run(context) {
      const { page, body } = await openSignedInPage(context)
      const refresh = async (after: number) => {
        await advanceClock(context, 901)
        return page.send('POST', '/auth/token', { session_id: body.session?.session_id, after })
      }
      for (const sequence of [2, 3]) strictEqual((await refresh(sequence - 1))[1].token?.sequence, sequence)
      context.upstream.endSession(context.username)
      const [status, { error, reason }] = await refresh(3)
      deepStrictEqual([status, error, reason], [401, 'login_required', 'refresh_rejected'])
    },
  },
  {
    name: 'finishes a refresh whose caller has gone, for the next one',
    async run(context) {
      const { page, body } = await openSignedInPage(context)
      await advanceClock(context, 901)
      const held = context.upstream.holdRefresh()
      const request = { session_id: body.session?.session_id, after: 1 }
      const caller = new AbortController()
      const init = {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
      }
      const first = page.fetch('/auth/token', { ...init, signal: caller.signal }).catch(() => 'aborted')
      await held.arrived
      caller.abort()
      strictEqual(await first, 'aborted')
      const second = page.send('POST', '/auth/token', request)
      held.release()
      const [status, { token }] = await second
      deepStrictEqual([status, token?.sequence], [200, 2])
      deepStrictEqual(context.upstream.grants(context.username), ['password', 'refresh_token'])
    },
  },
  {
    name: 'signs out twice, revokes the refresh token and removes the cookie',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const { cookie } = page
      strictEqual((await page.send('DELETE', '/auth/session'))[0], 204)
      strictEqual(page.cookie, '')
      page.cookie = cookie
      strictEqual((await page.send('GET', '/auth/session'))[1].session, null)
      strictEqual((await page.send('DELETE', '/auth/session'))[0], 204)
      await waitUntil(() => context.upstream.isRevoked(context.username))
    },
  },
  {
    name: 'rejects requests of other origins',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const rejected: Record<string, string>[] = [
        { 'X-Latchkey': '' },
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
        { 'Sec-Fetch-Site': '', Origin: 'https://example.com' },
        { 'Sec-Fetch-Site': '', Origin: '' },
      ]
      for (const headers of rejected) {
        const [status, { error }] = await page.send('DELETE', '/auth/session', undefined, headers)
        deepStrictEqual([status, error], [403, 'access_denied'])
      }
      strictEqual((await page.send('DELETE', '/auth/session', undefined, { 'Sec-Fetch-Site': '' }))[0], 204)
    },
  },
  {
    name: 'lists the sessions of the user, and ends another',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const other = await openSignedInPage(context)
      const list = async () =>
        (await (await page.fetch('/auth/sessions')).json()) as { sessions: { session_id: string }[] }
      strictEqual((await list()).sessions.length, 2)
      const id = other.body.session?.session_id
      strictEqual((await page.send('DELETE', `/auth/sessions/${id}`))[0], 204)
      strictEqual((await other.page.send('GET', '/auth/session'))[1].session, null)
      strictEqual((await list()).sessions.length, 1)
    },
  },
  {
    name: 'gives the session without a token to a server that renders the page',
    async run(context) {
      const { page, body } = await openSignedInPage(context)
      const rendered = await (await page.fetch('/render')).text()
      const { initialState, state } = JSON.parse(rendered)
      deepStrictEqual([initialState.status, state.status], ['signed-in', 'signed-in'])
      strictEqual(state.session.id, body.session?.session_id)
      ok(!rendered.includes('access.'))
    },
  },
  {
    name: 'knows the address of the client',
    async run(context) {
      // On Workers, Cloudflare sets the header.
      const response = await fetch(`${context.origin}/address`, {
        headers: { 'CF-Connecting-IP': '127.0.0.1' },
      })
      strictEqual(await response.json(), '127.0.0.1')
    },
  },
  {
    name: 'rejects a body that is too long, and one that is no JSON',
    async run(context) {
      const page = new Page(context)
      const post = async (body: string): Promise<number> =>
        (
          await page.fetch('/auth/session', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body,
          })
        ).status
      notStrictEqual(await post('{"credentials":'), 500)
      strictEqual(await post('{"credentials":'), 400)
      strictEqual(await post(JSON.stringify({ credentials: { username: 'x'.repeat(1_000_000) } })), 413)
    },
  },
]
