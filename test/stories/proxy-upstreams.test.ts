import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createProxySetup } from '../../packages/bff/test/support/proxy-setup.ts'
import { root } from '../../scripts/run.mjs'
import { findNginx, startNginx } from '../first-page/nginx.ts'
import { startWsgiServer, wsgiMissing } from './wsgi-server.ts'
import { findFreePort } from '../support/free-port.ts'

/** Spellings of paths below `/api/ledger`, for servers that decode, merge slashes, or ignore parameters or case. */
const ledgerSpellings = [
  '/api/ledger/1',
  '/api/ledger',
  '/api/ledger/',
  '/api/%6cedger/1',
  '/api/%6Cedger/1',
  '/api/%256cedger/1',
  '/api/ledge%72/1',
  '/api//ledger/1',
  '/api/%6cedger//1',
  '/api/ledger%2f1',
  '/api/ledger;/1',
  '/api/ledger;x=1/1',
  '/api/ledger%3bx/1',
  '/api/Ledger/1',
  '/api/LEDGER/1',
  '/api/ledger./1',
  '/api/ledger%20/1',
  '/api/./ledger/1',
  '/api/x/../ledger/1',
  '/api/x/%2e%2e/ledger/1',
  '/api/x/..%2fledger/1',
  '/api/x/..;/ledger/1',
  '/api/\\ledger/1',
  '/api/ledger.json',
]

/** Headers that CGI and its successors read as trusted ones. */
const forgedHeaders = {
  X_HTTP_Method_Override: 'DELETE',
  'X-HTTP_Method-Override': 'DELETE',
  'X-HTTP-Method-Override': 'DELETE',
  X_Remote_User: 'admin',
  Remote_User: 'admin',
  'Remote-User': 'admin',
  X_Forwarded_For: '6.6.6.6',
  'X-Forwarded-For': '6.6.6.6',
}

const nginx = findNginx()

it('lets no spelling of a path and no header write through a read-only route of a WSGI server', async ({
  skip,
}) => {
  if (wsgiMissing !== null) return skip(wsgiMissing)
  const server = await startWsgiServer(join(root, 'test/stories/wsgi-server.py'))
  onTestFinished(async () => void (await server.stop()))
  const send = await openProxy(server.origin)

  for (const path of ledgerSpellings) {
    const response = await send(path, { method: 'POST', headers: forgedHeaders, body: '{}' })
    expect([path, response.status]).toEqual([path, expect.toBeOneOf([400, 405])])
  }
  const response = await send('/api/items/%61%C3%A9', { method: 'POST', headers: forgedHeaders, body: '{}' })
  expect(await response.json()).toEqual({
    method: 'POST',
    segments: ['items', 'aÃ©'],
    user: null,
    client: null,
  })
})

it('lets no spelling of a path write through a read-only route of nginx', async ({ skip }) => {
  if (nginx === null) return skip('nginx is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-nginx-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const port = await findFreePort()
  const server = await startNginx(
    nginx,
    folder,
    `server {
      listen 127.0.0.1:${port};
      location ~* ^/ledger { return 200 "ledger $request_method $uri"; }
      location / { return 200 "other $request_method $uri"; }
    }`,
  )
  onTestFinished(async () => void (await server.stop()))
  const send = await openProxy(`http://127.0.0.1:${port}`)

  for (const path of ledgerSpellings) {
    const response = await send(path, { method: 'POST', headers: forgedHeaders, body: '{}' })
    expect([path, response.status]).toEqual([path, expect.toBeOneOf([400, 405])])
  }
  expect(await (await send('/api/%6cedger//1')).text()).toBe('ledger GET /ledger/1')
  expect(await (await send('/api/items/1', { method: 'POST', body: '{}' })).text()).toBe(
    'other POST /items/1',
  )
})

/** Opens a signed-in page whose API is a server on this machine, where `/ledger` and what is below is read-only. */
async function openProxy(target: string): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const { send, respondWith } = await createProxySetup({
    proxy: [
      { path: '/api/*', to: `${target}/*`, methods: ['GET', 'POST'] },
      { path: '/api/ledger', to: `${target}/ledger`, methods: ['GET'] },
      { path: '/api/ledger/*', to: `${target}/ledger/*`, methods: ['GET'] },
    ],
  })
  respondWith(({ method, url, headers, body }) =>
    fetch(url, { method, headers, ...(body !== '' && { body }), redirect: 'manual' }),
  )
  return send
}
