#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { cathy, demoClient } from './people.ts'
import { startSandbox } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8910' },
    lifetime: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) {
  console.log('latchkey-sandbox [--port N] [--lifetime SECONDS]')
} else {
  const lifetime = values.lifetime === undefined ? {} : { accessTokenLifetime: Number(values.lifetime) }
  const { url } = await startSandbox({ port: Number(values.port), axosoft: lifetime, class: lifetime })
  console.log(`url            ${url}
axosoft        ${url}/axosoft
class          ${url}/class
username       ${cathy.username}
password       ${cathy.password}
client id      ${demoClient.clientId}
client secret  ${demoClient.clientSecret}`)
}
