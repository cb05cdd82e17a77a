import { describe, expect, it } from 'vitest'
import type { Fault, Sandbox, SandboxOptions } from '../src/index.ts'
import { createSandbox } from '../src/index.ts'
import {
  requestAxosoftToken,
  requestClassToken,
  requestFunds,
  readBody,
  classBase,
  createRefreshFields,
  createSignInFields,
  requestClassTokens,
} from './requests.ts'

function sandboxWith(fault: Fault, options?: SandboxOptions): Sandbox {
  const sandbox = createSandbox(options)
  sandbox.faults.add(fault)
  return sandbox
}

describe('a fault', () => {
  it('applies to the next token request only, by default', async () => {
    const sandbox = createSandbox()
    const { access_token } = await requestClassTokens(sandbox)
    sandbox.faults.add({ kind: 'status', status: 500 })
    expect((await requestFunds(sandbox, access_token)).status).toBe(200)
    expect((await requestClassToken(sandbox, createSignInFields())).status).toBe(500)
    expect((await requestClassToken(sandbox, createSignInFields())).status).toBe(200)
  })

  it('applies to requests of its system and kind, as many times as it says', async () => {
    const sandbox = createSandbox()
    const { access_token } = await requestClassTokens(sandbox)
    sandbox.faults.add({ kind: 'status', status: 500, system: 'class', on: 'resource', times: 2 })
    expect((await requestAxosoftToken(sandbox)).status).toBe(200)
    expect((await requestFunds(sandbox, access_token)).status).toBe(500)
    expect((await requestFunds(sandbox, access_token)).status).toBe(500)
    expect((await requestFunds(sandbox, access_token)).status).toBe(200)
  })

  it('applies after the faults before it, and not at all once it is cleared', async () => {
    const sandbox = createSandbox()
    sandbox.faults.add({ kind: 'status', status: 500 }, { kind: 'html' }, { kind: 'html' })
    expect((await requestAxosoftToken(sandbox)).status).toBe(500)
    expect((await requestAxosoftToken(sandbox)).headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    sandbox.faults.clear()
    expect((await requestAxosoftToken(sandbox)).headers.get('Content-Type')).toBe(
      'application/json; charset=utf-8',
    )
  })
})

describe('a slow response', () => {
  it('comes after the delay of the fault', async () => {
    const delays: number[] = []
    const wait = async (ms: number): Promise<void> => void delays.push(ms)
    expect((await requestAxosoftToken(sandboxWith({ kind: 'slow', ms: 1500 }, { wait }))).status).toBe(200)
    expect(delays).toEqual([1500])
  })
})

describe('a hanging request', () => {
  it('gets its response when it is released', async () => {
    const sandbox = sandboxWith({ kind: 'hang', times: 2 })
    const both = Promise.all([requestAxosoftToken(sandbox), requestClassToken(sandbox, createSignInFields())])
    await sandbox.faults.whenHanging(2)
    expect(sandbox.requests.all().map(({ status }) => status)).toEqual([null, null])
    sandbox.faults.release()
    expect((await both).map(({ status }) => status)).toEqual([200, 200])
  })

  it('ends when the caller aborts', async () => {
    const sandbox = sandboxWith({ kind: 'hang', on: 'discovery' })
    const controller = new AbortController()
    const response = sandbox.fetch(`${classBase}/.well-known/openid-configuration`, {
      signal: controller.signal,
    })
    await sandbox.faults.whenHanging()
    controller.abort(new Error('enough'))
    await expect(response).rejects.toThrow('enough')
  })

  it.each([
    ['leaves the refresh token unused', 'before', 200],
    ['uses the refresh token', 'after', 400],
  ] as const)('%s when it hangs %s the system processes it', async (_, when, status) => {
    const sandbox = createSandbox()
    const { refresh_token } = await requestClassTokens(sandbox)
    sandbox.faults.add({ kind: 'hang', when })
    const hanging = requestClassToken(sandbox, createRefreshFields(refresh_token))
    await sandbox.faults.whenHanging()
    expect((await requestClassToken(sandbox, createRefreshFields(refresh_token))).status).toBe(status)
    sandbox.faults.clear()
    await hanging
  })
})

describe('a closed connection', () => {
  it.each([
    ['leaves the refresh token unused', 'before', 200],
    ['uses the refresh token', 'after', 400],
  ] as const)('%s when it closes %s the system processes the request', async (_, when, status) => {
    const sandbox = createSandbox()
    const { refresh_token } = await requestClassTokens(sandbox)
    sandbox.faults.add({ kind: 'disconnect', when })
    await expect(requestClassToken(sandbox, createRefreshFields(refresh_token))).rejects.toThrow(TypeError)
    expect((await requestClassToken(sandbox, createRefreshFields(refresh_token))).status).toBe(status)
  })

  it('delivers the headers and half of the body when it closes in the body', async () => {
    const response = await requestAxosoftToken(sandboxWith({ kind: 'disconnect', when: 'body' }))
    const reader = response.body?.getReader()
    const half = await reader?.read()
    expect(half?.value).toHaveLength(Math.floor(Number(response.headers.get('Content-Length')) / 2))
    await expect(reader?.read()).rejects.toThrow(TypeError)
  })
})

describe('a replaced response', () => {
  it.each([7, 'Sun, 06 Nov 1994 08:49:37 GMT'])(
    'carries the Retry-After of the fault: %s',
    async (retryAfter) => {
      const response = await requestAxosoftToken(sandboxWith({ kind: 'status', status: 503, retryAfter }))
      expect(response.status).toBe(503)
      expect(response.headers.get('Retry-After')).toBe(String(retryAfter))
    },
  )

  it("carries any header, such as the one with which Class's API says when to retry", async () => {
    const headers = { 'X-RateLimit-ResetAfter': '12' }
    const response = await requestAxosoftToken(sandboxWith({ kind: 'status', status: 429, headers }))
    expect(response.status).toBe(429)
    expect(response.headers.get('X-RateLimit-ResetAfter')).toBe('12')
  })

  it("carries any JSON body, such as the rate limit code of Bright Pattern's Task Routing", async () => {
    const body = { errorCode: 12, errorMessage: 'API limit exceeded' }
    const response = await requestAxosoftToken(sandboxWith({ kind: 'status', status: 429, body }))
    expect(response.status).toBe(429)
    expect(await response.text()).toBe('{"errorCode":12,"errorMessage":"API limit exceeded"}')
  })

  it('can be an HTML page', async () => {
    const response = await requestAxosoftToken(sandboxWith({ kind: 'html' }))
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<!doctype html>')
  })

  it("can be the system's own response to rejected credentials", async () => {
    const sandbox = createSandbox()
    const { access_token, refresh_token } = await requestClassTokens(sandbox)
    sandbox.faults.add(
      { kind: 'refuse' },
      { kind: 'refuse', on: 'resource' },
      { kind: 'refuse', system: 'axosoft' },
    )
    const rejection = await requestClassToken(sandbox, createRefreshFields(refresh_token))
    expect(rejection.status).toBe(400)
    expect(await readBody(rejection)).toMatchObject({ error: 'invalid_grant' })
    expect((await requestFunds(sandbox, access_token)).status).toBe(401)
    expect(await readBody(await requestAxosoftToken(sandbox))).toMatchObject({ error: 'invalid_grant' })
    expect((await requestClassToken(sandbox, createRefreshFields(refresh_token))).status).toBe(200)
  })

  it('can be the first half of the correct one', async () => {
    const response = await requestAxosoftToken(sandboxWith({ kind: 'malformed' }))
    expect(response.status).toBe(200)
    const body = await response.text()
    expect(body).toMatch(/^\{"access_token":"[^}]+$/)
    expect(response.headers.get('Content-Length')).toBe(String(body.length))
  })

  it('can be a redirect, which rejects a caller that forbids redirects', async () => {
    const sandbox = sandboxWith({ kind: 'redirect', times: 2 })
    const response = await requestAxosoftToken(sandbox)
    expect(response.status).toBe(307)
    expect(response.headers.get('Location')).toBe('https://sandbox.test/elsewhere')
    const withoutRedirects = sandbox.fetch(`${classBase}/connect/token`, {
      method: 'POST',
      redirect: 'error',
    })
    await expect(withoutRedirects).rejects.toThrow(TypeError)
  })
})
