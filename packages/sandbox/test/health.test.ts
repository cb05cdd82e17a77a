import { request as sendRequest } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import type { RunningSandbox } from '../src/index.ts'
import { cathy, createSandbox, demoClient, startSandbox } from '../src/index.ts'
import { readBody } from './requests.ts'

let running: RunningSandbox | undefined

afterEach(async () => {
  await running?.close()
  running = undefined
})

describe.each(['/', '/health'])('the health endpoint %s', (path) => {
  it('names the base URL of each system, and no secret', async () => {
    const { url } = (running = await startSandbox())
    const response = await fetch(url + path)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    const body = await response.text()
    expect(JSON.parse(body)).toEqual({
      status: 'ok',
      systems: {
        axosoft: `${url}/axosoft`,
        'bright-pattern': `${url}/bright-pattern`,
        class: `${url}/class`,
        classy: `${url}/classy`,
      },
    })
    for (const secret of [cathy.password, cathy.apiSecret, demoClient.clientSecret]) {
      expect(body).not.toContain(secret)
    }
  })

  it('responds to HEAD with the headers of GET and no body', async () => {
    const { url } = (running = await startSandbox())
    const outgoing = sendRequest(url + path, { method: 'HEAD' }).end()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect(incoming.statusCode).toBe(200)
    expect(await text(incoming)).toBe('')
    const response = await fetch(url + path)
    expect(incoming.headers['content-length']).toBe(response.headers.get('Content-Length'))
  })

  it('rejects other methods', async () => {
    const response = await createSandbox().fetch(`https://sandbox.test${path}`, { method: 'POST' })
    expect(response.status).toBe(405)
    expect(response.headers.get('Allow')).toBe('GET, HEAD')
  })

  it('works without a server, is not counted as a request, and meets no fault', async () => {
    const sandbox = createSandbox()
    sandbox.faults.add({ kind: 'status', status: 503 })
    const response = await sandbox.fetch(`https://sandbox.test${path}`)
    expect(await readBody(response)).toMatchObject({ systems: { class: 'https://sandbox.test/class' } })
    expect(sandbox.requests.count()).toBe(0)
  })
})
