import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeListener } from '@latchkey/bff/node'
import { cathy } from '@latchkey/sandbox'
import { toHandle } from '../support/to-handle.ts'

/** The code that {@link startSecondFactorServer} accepts. */
export const correctCode = '123456'

/** An authorization server with an API, as the section "A second factor" of docs/providers.md describes it. */
export async function startSecondFactorServer(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(toNodeListener({ owns: () => true, handle: toHandle(respond) }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function respond(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/oauth/token') return issueToken(new URLSearchParams(await request.text()))
  if (pathname !== '/api/items') return new Response(null, { status: 404 })
  return request.headers.get('Authorization') === 'Bearer access-token'
    ? Response.json({ data: [{ id: 1, name: 'Behind the second factor' }] })
    : new Response(null, { status: 401 })
}

function issueToken(form: URLSearchParams): Response {
  const isPasswordCorrect = form.get('username') === cathy.username && form.get('password') === cathy.password
  if (form.get('grant_type') === 'password' && isPasswordCorrect)
    return Response.json({ error: 'mfa_required', mfa_token: 'continuation' }, { status: 403 })
  const isCodeCorrect = form.get('mfa_token') === 'continuation' && form.get('otp') === correctCode
  return isCodeCorrect
    ? Response.json({ access_token: 'access-token', token_type: 'Bearer', expires_in: 900 })
    : Response.json({ error: 'invalid_grant' }, { status: 400 })
}
