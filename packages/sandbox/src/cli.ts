#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { cathy, demoClient } from './users.ts'
import { startSandbox } from './server.ts'
import { demoTenant } from './systems/bright-pattern/data.ts'
import { classyOrganization } from './systems/classy/campaigns.ts'

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
  const { url } = await startSandbox({
    port: Number(values.port),
    axosoft: lifetime,
    brightPattern: lifetime,
    class: lifetime,
    classy: lifetime,
  })
  console.log(`url            ${url}
axosoft        ${url}/axosoft
bright pattern ${url}/bright-pattern
class          ${url}/class
classy         ${url}/classy
username       ${cathy.username}
password       ${cathy.password}
api secret     ${cathy.apiSecret}
client id      ${demoClient.clientId}
client secret  ${demoClient.clientSecret}
tenant         ${demoTenant}
organization   ${classyOrganization.id}`)
}
