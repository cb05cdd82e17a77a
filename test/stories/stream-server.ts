import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { createBff } from '@latchkey/bff'
import { embeddedStore } from '@latchkey/bff/embedded'
import { toNodeListener } from '@latchkey/bff/node'
import { oauth2 } from '@latchkey/bff/providers'

// One of several processes that share a store: a BFF with a proxy route. Its settings are environment variables.
const { STORE = '', AUTHORIZATION_SERVER = '', RESOURCE_SERVER = '' } = process.env

const bff = createBff({
  provider: oauth2({ tokenEndpoint: AUTHORIZATION_SERVER, clientId: 'portal' }),
  mode: 'proxy',
  proxy: [{ path: '/api/*', to: `${RESOURCE_SERVER}/*`, methods: ['GET'] }],
  store: embeddedStore({ path: STORE }),
})

const server = createServer(toNodeListener(bff)).listen(0, '127.0.0.1', () => {
  process.stdout.write(`Listening on port ${(server.address() as AddressInfo).port}.\n`)
})
