import { describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import {
  requestAxosoftToken,
  requestBrightPatternToken,
  requestClassToken,
  requestClassyToken,
  requestFunds,
  createBasicHeader,
  createRefreshFields,
  createSignInFields,
  requestClassTokens,
} from './requests.ts'

describe('the request log', () => {
  it('counts by system, kind, grant and status', async () => {
    const sandbox = createSandbox()
    const { access_token, refresh_token } = await requestClassTokens(sandbox)
    await requestClassToken(sandbox, createRefreshFields(refresh_token))
    await requestFunds(sandbox, access_token)
    await requestFunds(sandbox, 'other')
    await requestAxosoftToken(sandbox)
    await sandbox.fetch('https://sandbox.test/elsewhere')
    const { count } = sandbox.requests
    expect(count()).toBe(6)
    expect(count({ kind: 'token' })).toBe(3)
    expect(count({ kind: 'token', grant: 'refresh_token' })).toBe(1)
    expect(count({ system: 'class', kind: 'resource', status: 401 })).toBe(1)
    expect(count({ kind: 'other', path: '/elsewhere', status: 404 })).toBe(1)
    sandbox.requests.clear()
    expect(count()).toBe(0)
  })

  it('distinguishes client credentials from other grants', async () => {
    const sandbox = createSandbox()
    await requestClassyToken(sandbox)
    await requestBrightPatternToken(sandbox)
    await requestClassyToken(sandbox, { grant_type: 'password' })
    const { count } = sandbox.requests
    expect(count({ system: 'classy', grant: 'client_credentials', status: 200 })).toBe(1)
    expect(count({ system: 'bright-pattern', grant: 'client_credentials' })).toBe(1)
    expect(count({ grant: 'password' })).toBe(1)
  })

  it('records no status for a closed connection', async () => {
    const sandbox = createSandbox()
    sandbox.faults.add({ kind: 'disconnect' })
    await expect(requestAxosoftToken(sandbox)).rejects.toThrow(TypeError)
    expect(sandbox.requests.all()).toMatchObject([{ system: 'axosoft', grant: 'password', status: null }])
  })

  it('contains no secret, whichever part of a request carries it', async () => {
    const sandbox = createSandbox()
    const { access_token, refresh_token } = await requestClassTokens(sandbox)
    await requestAxosoftToken(sandbox)
    await requestClassToken(sandbox, createSignInFields(), { Authorization: createBasicHeader() })
    await requestClassToken(sandbox, { grant_type: 'latchkey-demo' })
    await requestClassToken(sandbox, createRefreshFields(refresh_token))
    await requestFunds(sandbox, access_token)
    await requestClassyToken(sandbox)
    await requestBrightPatternToken(sandbox)
    const log = JSON.stringify(sandbox.requests.all())
    for (const secret of ['latchkey-demo', access_token, refresh_token]) expect(log).not.toContain(secret)
  })
})
