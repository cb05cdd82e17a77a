#!/usr/bin/env node
import type { CliOptions } from './cli-options.ts'
import { help, readCliOptions } from './cli-options.ts'
import { startSandbox } from './server.ts'
import { demoTenant } from './systems/bright-pattern/data.ts'
import { classyOrganization } from './systems/classy/campaigns.ts'
import { cathy, demoClient } from './users.ts'

process.exitCode = await run()

/** Returns the exit code: 0 while the sandbox runs, 1 when the port is in use, 2 when an argument is not valid. */
async function run(): Promise<number> {
  let options: CliOptions | null
  try {
    options = await readCliOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    return 2
  }
  if (options === null) {
    console.log(help)
    return 0
  }
  try {
    const { url } = await startSandbox(options)
    console.log(describeSandbox(url, options))
    return 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    console.error(`Port ${options.port} is in use. Stop the other process, or set another port with --port.`)
    return 1
  }
}

function describeSandbox(url: string, { cors, users = [], usersFile }: CliOptions): string {
  // The passwords of a file stay in it.
  const userLines =
    usersFile === undefined
      ? `username       ${cathy.username}
password       ${cathy.password}
api secret     ${cathy.apiSecret}`
      : `users          ${users.map(({ username }) => username).join(', ')} (from ${usersFile})`
  return `url            ${url}
axosoft        ${url}/axosoft
bright pattern ${url}/bright-pattern
class          ${url}/class
classy         ${url}/classy
${userLines}
client id      ${demoClient.clientId}
client secret  ${demoClient.clientSecret}
tenant         ${demoTenant}
organization   ${classyOrganization.id}
cors           ${cors === true ? 'any origin' : cors ? cors.join(', ') : 'off'}`
}
