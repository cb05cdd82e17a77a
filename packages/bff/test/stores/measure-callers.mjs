// Measures how long 1,000 callers wait when 20 sessions in four processes need a new token at the same moment. Needs a build:
//   node packages/bff/test/stores/measure-callers.mjs
// @ts-nocheck -- it loads what the build has written
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'

const grantMs = 300
const sessionCount = 20
const processCount = 4
const callersPerSession = 13
const [role, tokenEndpoint, path] = process.argv.slice(2)

await (role === 'child' ? serve() : measure())

async function serve() {
  const { createBff } = await import('../../dist/index.js')
  const { oauth2 } = await import('../../dist/providers/index.js')
  const { embeddedStore } = await import('../../dist/stores/embedded-store.js')
  const ignore = () => {}
  const bff = createBff({
    provider: oauth2({ tokenEndpoint, clientId: 'portal', clientSecret: 's3cret' }),
    store: embeddedStore({ path }),
    throttle: false,
    logger: { info: ignore, warn: ignore, error: ignore },
  })
  const send = (pathname, body, cookie = '') =>
    bff.fetch(
      new Request(`https://portal.example.com/auth/${pathname}`, {
        method: 'POST',
        headers: {
          'X-Latchkey': '1',
          'Sec-Fetch-Site': 'same-origin',
          'Content-Type': 'application/json',
          Origin: 'https://portal.example.com',
          Cookie: cookie,
        },
        body: JSON.stringify(body),
      }),
    )
  const signIn = async (username) => {
    const response = await send('session', { credentials: { username, password: 'p' } })
    const { session } = await response.json()
    return { cookie: response.headers.getSetCookie()[0].split(';')[0], id: session.session_id }
  }
  const refresh = async ({ sessions, after }) => {
    const startedAt = performance.now()
    const cpu = process.cpuUsage()
    const call = async ({ cookie, id }) => {
      const response = await send('token', { session_id: id, after }, cookie)
      const { token } = await response.json()
      return { isRight: token?.sequence === after + 1, milliseconds: performance.now() - startedAt }
    }
    const calls = await Promise.all(
      sessions.flatMap((session) => Array.from({ length: callersPerSession }, () => call(session))),
    )
    const { user, system } = process.cpuUsage(cpu)
    return { calls, cpuMs: (user + system) / 1000 }
  }
  process.on('message', async (message) => {
    process.send(
      message.usernames ? await Promise.all(message.usernames.map(signIn)) : await refresh(message),
    )
  })
  process.send('ready')
}

async function measure() {
  let grants = 0
  const server = createServer((request, response) => {
    request.resume()
    grants += 1
    const token = {
      access_token: `a${grants}`,
      refresh_token: `r${grants}`,
      token_type: 'Bearer',
      expires_in: 8,
    }
    setTimeout(() => response.end(JSON.stringify(token)), grantMs)
    response.setHeader('Content-Type', 'application/json')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const folder = mkdtempSync(join(tmpdir(), 'callers-'))
  const url = `http://127.0.0.1:${server.address().port}/token`
  const children = Array.from({ length: processCount }, () => fork(process.argv[1], ['child', url, folder]))
  await Promise.all(children.map((child) => once(child, 'message')))
  const ask = async (child, message) => {
    const answer = once(child, 'message')
    child.send(message)
    return (await answer)[0]
  }
  const sessions = await ask(children[0], {
    usernames: Array.from({ length: sessionCount }, (_, index) => `user${index}`),
  })
  for (let after = 1; after <= 5; after += 1) {
    // A token that is younger than half its lifetime is not refreshed.
    await new Promise((resolve) => setTimeout(resolve, 4500))
    const grantsBefore = grants
    const results = await Promise.all(children.map((child) => ask(child, { sessions, after })))
    const calls = results.flatMap((result) => result.calls)
    const slowest = Math.max(...calls.map(({ milliseconds }) => milliseconds))
    const cpuMs = results.reduce((sum, result) => sum + result.cpuMs, 0)
    process.stdout.write(
      `${calls.length} callers, ${grants - grantsBefore} grants of ${grantMs} ms, ` +
        `${calls.filter(({ isRight }) => !isRight).length} failed, slowest ${slowest.toFixed(0)} ms, ` +
        `${cpuMs.toFixed(0)} ms of CPU in all processes, load ${loadavg()[0].toFixed(1)}\n`,
    )
  }
  for (const child of children) child.kill()
  server.close()
  rmSync(folder, { recursive: true })
}
