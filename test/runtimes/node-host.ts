// Serves the program on Node, as docs/servers.md says.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setSocketAddress } from '@latchkey/bff'
import { toNodeListener, toUpgradeListener } from '@latchkey/bff/node'
import { bff, respond } from './program.ts'

const listener = toNodeListener(bff)

const server = createServer((request, response) => {
  listener(request, response, async () => {
    const headers = { Cookie: request.headers.cookie ?? '' }
    const webRequest = new Request(`http://${request.headers.host}${request.url}`, { headers })
    setSocketAddress(webRequest, request.socket.remoteAddress)
    const answer = await respond(webRequest)
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text())
  })
})
server.on('upgrade', toUpgradeListener(bff))
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`)
})
