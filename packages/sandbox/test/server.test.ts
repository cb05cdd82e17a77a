import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { RunningSandbox } from '../src/index.ts'
import { startSandbox } from '../src/index.ts'
import { readBody } from './requests.ts'

let running: RunningSandbox | undefined

afterEach(async () => {
  await running?.close()
  running = undefined
})

async function start(): Promise<RunningSandbox> {
  return (running = await startSandbox())
}

const discovery = '/class/.well-known/openid-configuration'

function signIn({ url }: RunningSandbox): Promise<Response> {
  const body = new URLSearchParams({ grant_type: 'password', username: 'cathy', password: 'latchkey-demo' })
  return fetch(`${url}/class/connect/token`, { method: 'POST', body })
}

function post(url: string, body?: unknown): Promise<Response> {
  return fetch(url, { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }) })
}

describe('a running sandbox', () => {
  it('serves every system from one port, and each names its own URLs', async () => {
    const { url } = await start()
    expect(await readBody(await fetch(url + discovery))).toMatchObject({ issuer: `${url}/class` })
    expect((await fetch(`${url}/axosoft/api/v6/me`)).status).toBe(401)
    expect((await fetch(`${url}/bright-pattern/configapi/v2/phone/user`)).status).toBe(401)
    expect((await fetch(`${url}/classy/2.0/campaigns/301204`)).status).toBe(401)
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404)
  })

  it('writes header names and lengths as documented', async () => {
    const { url } = await start()
    const body = 'grant_type=password&username=cathy&password=latchkey-demo'
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const type = 'Content-Type: application/x-www-form-urlencoded; charset=utf-8'
    socket.end(
      `POST /class/connect/token HTTP/1.1\r\nHost: sandbox.test\r\nConnection: close\r\n${type}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    )
    let response = ''
    socket.on('data', (chunk) => (response += chunk.toString()))
    await once(socket, 'close')
    expect(response).toContain('HTTP/1.1 200 OK\r\n')
    expect(response).toContain('\r\nContent-Type: application/json;charset=UTF-8\r\n')
    expect(response).toContain('\r\nCache-Control: no-cache\r\n')
    expect(response).toContain('\r\nPragma: no-cache\r\n')
    const length = Number(/\r\nContent-Length: (\d+)\r\n/.exec(response)?.[1])
    expect(response.split('\r\n\r\n')[1]).toHaveLength(length)
  })

  it('closes the connection when a fault disconnects it', async () => {
    const sandbox = await start()
    sandbox.faults.add({ kind: 'disconnect' }, { kind: 'disconnect', when: 'body' })
    await expect(signIn(sandbox)).rejects.toThrow(TypeError)
    const half = await signIn(sandbox)
    expect(half.status).toBe(200)
    await expect(half.text()).rejects.toThrow(TypeError)
    expect((await signIn(sandbox)).status).toBe(200)
  })

  it('closes while requests hang', async () => {
    const sandbox = await start()
    sandbox.faults.add({ kind: 'hang' })
    const response = signIn(sandbox).catch((error: unknown) => error)
    await sandbox.faults.whenHanging()
    await sandbox.close()
    expect(await response).toBeInstanceOf(TypeError)
    running = undefined
  })

  it('rejects when the port is in use', async () => {
    const { url } = await start()
    await expect(startSandbox({ port: Number(new URL(url).port) })).rejects.toThrow('EADDRINUSE')
  })
})

describe('the control endpoint', () => {
  it('adds one fault or several, and clears them', async () => {
    const { url } = await start()
    const body = { reason: 'maintenance' }
    const fault = { kind: 'status', status: 503, retryAfter: 7, body, on: 'discovery', times: 2 }
    expect((await post(`${url}/control/faults`, fault)).status).toBe(204)
    expect((await post(`${url}/control/faults`, [{ kind: 'html', on: 'discovery' }])).status).toBe(204)
    expect((await fetch(url + discovery)).headers.get('Retry-After')).toBe('7')
    await fetch(`${url}/control/faults`, { method: 'DELETE' })
    expect((await fetch(url + discovery)).status).toBe(200)
  })

  it.each([
    [{ kind: 'disconnect', when: 'later' }],
    [{ kind: 'slow' }],
    [{ kind: 'status', status: 42 }],
    [{ kind: 'html', onn: 'resource' }],
    [{ kind: 'toString' }],
    ['slow'],
    [null],
  ])('rejects %j with examples of faults', async (body) => {
    const { url } = await start()
    const response = await post(`${url}/control/faults`, body)
    expect(response.status).toBe(400)
    expect(await readBody(response)).toHaveProperty('examples')
    expect((await fetch(url + discovery)).status).toBe(200)
  })

  it('expires access tokens, revokes all tokens, and lists the requests', async () => {
    const sandbox = await start()
    const { access_token } = await readBody(await signIn(sandbox))
    const requestFundList = (): Promise<Response> =>
      fetch(`${sandbox.url}/class/api/1.0/b/OAUTH_TEST/fund-data/fund-list`, {
        headers: { Authorization: `Bearer ${String(access_token)}` },
      })
    expect((await requestFundList()).status).toBe(200)
    expect((await post(`${sandbox.url}/control/expire-access-tokens`)).status).toBe(204)
    expect((await requestFundList()).status).toBe(401)
    expect((await post(`${sandbox.url}/control/revoke-all`)).status).toBe(204)
    const log = (await (await fetch(`${sandbox.url}/control/requests`)).json()) as { status: number }[]
    expect(log.map(({ status }) => status)).toEqual([200, 200, 401])
  })

  it('responds with 404 to other methods and paths', async () => {
    const { url } = await start()
    expect((await fetch(`${url}/control/faults`)).status).toBe(404)
  })
})
