import { describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import {
  requestAxosoftToken,
  askBrightPattern,
  requestClassToken,
  askClassy,
  askForFunds,
  basic,
  refreshing,
  signingIn,
  tokensFromClass,
} from './requests.ts'

describe('the log of requests', () => {
  it('counts by system, kind, grant and status', async () => {
    const sandbox = createSandbox()
    const { access_token, refresh_token } = await tokensFromClass(sandbox)
    await requestClassToken(sandbox, refreshing(refresh_token))
    await askForFunds(sandbox, access_token)
    await askForFunds(sandbox, 'other')
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

  it('tells client credentials from the other grants', async () => {
    const sandbox = createSandbox()
    await askClassy(sandbox)
    await askBrightPattern(sandbox)
    await askClassy(sandbox, { grant_type: 'password' })
    const { count } = sandbox.requests
    expect(count({ system: 'classy', grant: 'client_credentials', status: 200 })).toBe(1)
    expect(count({ system: 'bright-pattern', grant: 'client_credentials' })).toBe(1)
    expect(count({ grant: 'password' })).toBe(1)
  })

  it('keeps no status for a connection that was cut', async () => {
    const sandbox = createSandbox()
    sandbox.faults.add({ kind: 'disconnect' })
    await expect(requestAxosoftToken(sandbox)).rejects.toThrow(TypeError)
    expect(sandbox.requests.all()).toMatchObject([{ system: 'axosoft', grant: 'password', status: null }])
  })

  it('holds no secret, wherever it was sent', async () => {
    const sandbox = createSandbox()
    const { access_token, refresh_token } = await tokensFromClass(sandbox)
    await requestAxosoftToken(sandbox)
    await requestClassToken(sandbox, signingIn(), { Authorization: basic() })
    await requestClassToken(sandbox, { grant_type: 'latchkey-demo' })
    await requestClassToken(sandbox, refreshing(refresh_token))
    await askForFunds(sandbox, access_token)
    await askClassy(sandbox)
    await askBrightPattern(sandbox)
    const log = JSON.stringify(sandbox.requests.all())
    for (const secret of ['latchkey-demo', access_token, refresh_token]) expect(log).not.toContain(secret)
  })
})
