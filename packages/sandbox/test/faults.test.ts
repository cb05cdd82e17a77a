import { describe, expect, it } from 'vitest'
import type { Fault, Sandbox, SandboxOptions } from '../src/index.ts'
import { createSandbox } from '../src/index.ts'
import {
  requestAxosoftToken,
  requestClassToken,
  askForFunds,
  bodyOf,
  classBase,
  refreshing,
  signingIn,
  tokensFromClass,
} from './requests.ts'

function sandboxWith(fault: Fault, options?: SandboxOptions): Sandbox {
  const sandbox = createSandbox(options)
  sandbox.faults.add(fault)
  return sandbox
}

describe('a fault', () => {
  it('meets the next token request, and only that one, unless told otherwise', async () => {
    const sandbox = createSandbox()
    const { access_token } = await tokensFromClass(sandbox)
    sandbox.faults.add({ kind: 'status', status: 500 })
    expect((await askForFunds(sandbox, access_token)).status).toBe(200)
    expect((await requestClassToken(sandbox, signingIn())).status).toBe(500)
    expect((await requestClassToken(sandbox, signingIn())).status).toBe(200)
  })

  it('meets requests of the named system and kind, as often as told', async () => {
    const sandbox = createSandbox()
    const { access_token } = await tokensFromClass(sandbox)
    sandbox.faults.add({ kind: 'status', status: 500, system: 'class', on: 'resource', times: 2 })
    expect((await requestAxosoftToken(sandbox)).status).toBe(200)
    expect((await askForFunds(sandbox, access_token)).status).toBe(500)
    expect((await askForFunds(sandbox, access_token)).status).toBe(500)
    expect((await askForFunds(sandbox, access_token)).status).toBe(200)
  })

  it('waits for the ones before it, and goes when cleared', async () => {
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

describe('a slow answer', () => {
  it('comes after as long as told', async () => {
    const waited: number[] = []
    const wait = async (ms: number): Promise<void> => void waited.push(ms)
    expect((await requestAxosoftToken(sandboxWith({ kind: 'slow', ms: 1500 }, { wait }))).status).toBe(200)
    expect(waited).toEqual([1500])
  })
})

describe('a held answer', () => {
  it('comes when it is released', async () => {
    const sandbox = sandboxWith({ kind: 'hang', times: 2 })
    const both = Promise.all([requestAxosoftToken(sandbox), requestClassToken(sandbox, signingIn())])
    await sandbox.faults.whenHanging(2)
    expect(sandbox.requests.all().map(({ status }) => status)).toEqual([null, null])
    sandbox.faults.release()
    expect((await both).map(({ status }) => status)).toEqual([200, 200])
  })

  it('is given up when the caller aborts', async () => {
    const sandbox = sandboxWith({ kind: 'hang', on: 'discovery' })
    const caller = new AbortController()
    const answer = sandbox.fetch(`${classBase}/.well-known/openid-configuration`, { signal: caller.signal })
    await sandbox.faults.whenHanging()
    caller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
  })

  it.each([
    ['before', 200],
    ['after', 400],
  ] as const)('%s the system acts, has or has not spent the refresh token', async (when, status) => {
    const sandbox = createSandbox()
    const { refresh_token } = await tokensFromClass(sandbox)
    sandbox.faults.add({ kind: 'hang', when })
    const unheard = requestClassToken(sandbox, refreshing(refresh_token))
    await sandbox.faults.whenHanging()
    expect((await requestClassToken(sandbox, refreshing(refresh_token))).status).toBe(status)
    sandbox.faults.clear()
    await unheard
  })
})

describe('a cut connection', () => {
  it.each([
    ['before', 200],
    ['after', 400],
  ] as const)('%s the system acts, has or has not spent the refresh token', async (when, status) => {
    const sandbox = createSandbox()
    const { refresh_token } = await tokensFromClass(sandbox)
    sandbox.faults.add({ kind: 'disconnect', when })
    await expect(requestClassToken(sandbox, refreshing(refresh_token))).rejects.toThrow(TypeError)
    expect((await requestClassToken(sandbox, refreshing(refresh_token))).status).toBe(status)
  })

  it('half-way through the body, leaves the headers and half of the body', async () => {
    const answer = await requestAxosoftToken(sandboxWith({ kind: 'disconnect', when: 'body' }))
    const reader = answer.body?.getReader()
    const half = await reader?.read()
    expect(half?.value).toHaveLength(Math.floor(Number(answer.headers.get('Content-Length')) / 2))
    await expect(reader?.read()).rejects.toThrow(TypeError)
  })
})

describe('another answer', () => {
  it.each([7, 'Sun, 06 Nov 1994 08:49:37 GMT'])('says when to come back: %s', async (retryAfter) => {
    const answer = await requestAxosoftToken(sandboxWith({ kind: 'status', status: 503, retryAfter }))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('Retry-After')).toBe(String(retryAfter))
  })

  it("carries any header, such as the one by which Class's API says when to come back", async () => {
    const headers = { 'X-RateLimit-ResetAfter': '12' }
    const answer = await requestAxosoftToken(sandboxWith({ kind: 'status', status: 429, headers }))
    expect(answer.status).toBe(429)
    expect(answer.headers.get('X-RateLimit-ResetAfter')).toBe('12')
  })

  it("carries any body, such as the code by which Bright Pattern's Task Routing limits its callers", async () => {
    const body = { errorCode: 12, errorMessage: 'API limit exceeded' }
    const answer = await requestAxosoftToken(sandboxWith({ kind: 'status', status: 429, body }))
    expect(answer.status).toBe(429)
    expect(await answer.text()).toBe('{"errorCode":12,"errorMessage":"API limit exceeded"}')
  })

  it('is a page', async () => {
    const answer = await requestAxosoftToken(sandboxWith({ kind: 'html' }))
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('<!doctype html>')
  })

  it("is the system's own refusal", async () => {
    const sandbox = createSandbox()
    const { access_token, refresh_token } = await tokensFromClass(sandbox)
    sandbox.faults.add(
      { kind: 'refuse' },
      { kind: 'refuse', on: 'resource' },
      { kind: 'refuse', system: 'axosoft' },
    )
    const refused = await requestClassToken(sandbox, refreshing(refresh_token))
    expect(refused.status).toBe(400)
    expect(await bodyOf(refused)).toMatchObject({ error: 'invalid_grant' })
    expect((await askForFunds(sandbox, access_token)).status).toBe(401)
    expect(await bodyOf(await requestAxosoftToken(sandbox))).toMatchObject({ error: 'invalid_grant' })
    expect((await requestClassToken(sandbox, refreshing(refresh_token))).status).toBe(200)
  })

  it('is the beginning of the true one', async () => {
    const answer = await requestAxosoftToken(sandboxWith({ kind: 'malformed' }))
    expect(answer.status).toBe(200)
    expect(await answer.text()).toMatch(/^\{"access_token":"[^}]+$/)
  })

  it('sends the caller elsewhere, and tells a caller that forbids it so', async () => {
    const sandbox = sandboxWith({ kind: 'redirect', times: 2 })
    const answer = await requestAxosoftToken(sandbox)
    expect(answer.status).toBe(307)
    expect(answer.headers.get('Location')).toBe('https://sandbox.test/elsewhere')
    const forbidding = sandbox.fetch(`${classBase}/connect/token`, { method: 'POST', redirect: 'error' })
    await expect(forbidding).rejects.toThrow(TypeError)
  })
})
