import { describe, expect, it } from 'vitest'
import { createSandbox, directory, noor, routedTasks } from '../src/index.ts'
import { requestBrightPatternToken, readBody, brightPatternBase, getWithToken } from './requests.ts'

const directoryUrl = `${brightPatternBase}/configapi/v2/phone/user`
const taskUrl = `${brightPatternBase}/taskroutingapi/v1/task/65736beabae70b588348f2b5`

describe("Bright Pattern's token endpoint", () => {
  it("responds with the documented example's body when configured", async () => {
    const randomId = (): string => 'eyJhbGciOiJSUzI1NiI5q9Jgt...6HznsvPWy7UP3MINA'
    const sandbox = createSandbox({ randomId, brightPattern: { body: 'documents' } })
    const response = await requestBrightPatternToken(sandbox)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(
      `{
"access_token":"eyJhbGciOiJSUzI1NiI5q9Jgt...6HznsvPWy7UP3MINA",
"token_type":"Bearer",
"expires_in":"3599",
}`,
    )
  })

  it('issues a new token with its full lifetime, however long the response takes', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => (now += 1) })
    expect(await readBody(await requestBrightPatternToken(sandbox))).toMatchObject({ expires_in: '3599' })
  })

  it.each(['v2', 'v3'])('responds below %s with the captured headers and body', async (version) => {
    const token = '9E266F3C6189F70D10CBDCB6C7D457FB690C0BF401841F3FB29C463D9251FB1D'
    const brightPattern = { accessTokenLifetime: 3480 }
    const sandbox = createSandbox({ randomId: () => token, brightPattern })
    const response = await requestBrightPatternToken(sandbox, {}, version)
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-length': '147',
      'content-type': 'application/json',
    })
    expect(await response.text()).toBe(
      `{"access_token":"${token}","token_type":"Bearer","expires_in":"3480","scope":"example.com"}`,
    )
  })

  it.each([
    ['a wrong API secret', { client_secret: 'latchkey-demo-api-secret ' }],
    ['the password in its place', { client_secret: 'latchkey-demo' }],
    ['an unknown user', { client_id: 'nobody' }],
    ['no user', { client_id: undefined }],
    ['no API secret', { client_secret: undefined }],
    ['another grant', { grant_type: 'password' }],
    ['another tenant', { scope: 'example.org' }],
    ['no scope', { scope: undefined }],
  ])('responds with 401 to %s', async (_, changes) => {
    const response = await requestBrightPatternToken(createSandbox(), changes)
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('')
  })

  it('responds with 401 to a disabled user and to a user without an API secret', async () => {
    const disabled = createSandbox({ brightPattern: { disabled: ['cathy'] } })
    expect((await requestBrightPatternToken(disabled)).status).toBe(401)
    const { apiSecret: _apiSecret, ...withoutSecret } = noor
    const sandbox = createSandbox({ users: [withoutSecret] })
    const asNoor = { client_id: noor.username, client_secret: undefined }
    expect((await requestBrightPatternToken(sandbox, asNoor)).status).toBe(401)
  })

  it('describes the error in the body of 401 when configured', async () => {
    const sandbox = createSandbox({ brightPattern: { refusalBody: 'json' } })
    const response = await requestBrightPatternToken(sandbox, { client_secret: 'other' })
    expect(response.status).toBe(401)
    expect(await readBody(response)).toEqual({
      error: 'unauthorized',
      error_description: 'Authentication failed',
    })
  })

  it('responds with 415 to a body that is not a form', async () => {
    const asJson = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }
    const response = await createSandbox().fetch(`${brightPatternBase}/configapi/v2/oauth/token`, asJson)
    expect(response.status).toBe(415)
  })

  it('accepts an API secret with spaces, +, &, =, %, quotes and non-ASCII characters', async () => {
    const asNoor = { client_id: noor.username, client_secret: noor.apiSecret }
    expect((await requestBrightPatternToken(createSandbox(), asNoor)).status).toBe(200)
    const trimmed = { ...asNoor, client_secret: noor.apiSecret.trim() }
    expect((await requestBrightPatternToken(createSandbox(), trimmed)).status).toBe(401)
  })

  it('requires the configured tenant as the scope', async () => {
    const sandbox = createSandbox({ brightPattern: { tenant: 'acme.brightpattern.com' } })
    expect((await requestBrightPatternToken(sandbox)).status).toBe(401)
    const scope = 'acme.brightpattern.com'
    expect(await readBody(await requestBrightPatternToken(sandbox, { scope }))).toMatchObject({ scope })
  })

  it('issues a new token each time', async () => {
    const sandbox = createSandbox()
    const first = await readBody(await requestBrightPatternToken(sandbox))
    const second = await readBody(await requestBrightPatternToken(sandbox))
    expect(second['access_token']).not.toBe(first['access_token'])
    expect((await getWithToken(first['access_token'], sandbox, directoryUrl)).status).toBe(200)
  })

  it('sends the same token with its remaining lifetime when configured, until it has expired', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now, brightPattern: { repeatedSignIn: 'same' } })
    const first = await readBody(await requestBrightPatternToken(sandbox))
    now = 119_000
    const second = await readBody(await requestBrightPatternToken(sandbox))
    expect(second).toEqual({ ...first, expires_in: '3480' })
    const asNoor = { client_id: noor.username, client_secret: noor.apiSecret }
    const tokenOfNoor = await readBody(await requestBrightPatternToken(sandbox, asNoor))
    expect(tokenOfNoor['access_token']).not.toBe(first['access_token'])
    now = 3_599_000
    const third = await readBody(await requestBrightPatternToken(sandbox))
    expect(third['access_token']).not.toBe(first['access_token'])
    expect(third['expires_in']).toBe('3599')
  })

  it('sends the body that transformBody returns in either form', async () => {
    const transformBody = (body: Record<string, unknown>): unknown => ({ ...body, expires_in: null })
    const wire = createSandbox({ brightPattern: { transformBody } })
    expect(await readBody(await requestBrightPatternToken(wire))).toMatchObject({ expires_in: null })
    const documents = createSandbox({ brightPattern: { transformBody, body: 'documents' } })
    expect(await (await requestBrightPatternToken(documents)).text()).toContain('\n"expires_in":null,\n}')
  })
})

describe("Bright Pattern's configuration API", () => {
  it('lists the directory', async () => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestBrightPatternToken(sandbox))
    expect(await (await getWithToken(access_token, sandbox, directoryUrl)).json()).toEqual(directory)
  })

  it('responds with 401 to a missing, an unknown and an expired token', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await readBody(await requestBrightPatternToken(sandbox))
    now = 3_599_000
    for (const token of [undefined, 'other', access_token]) {
      expect((await getWithToken(token, sandbox, directoryUrl)).status).toBe(401)
    }
  })
})

describe("Bright Pattern's Task Routing", () => {
  it('returns a task with or without a trailing slash, and code 8 for an unknown one', async () => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestBrightPatternToken(sandbox))
    for (const url of [taskUrl, `${taskUrl}/?external=false`]) {
      const response = await getWithToken(access_token, sandbox, url)
      expect(await response.json()).toEqual(Object.values(routedTasks)[0])
    }
    const unknown = await getWithToken(
      access_token,
      sandbox,
      `${brightPatternBase}/taskroutingapi/v1/task/toString`,
    )
    expect(unknown.status).toBe(404)
    expect(await readBody(unknown)).toEqual({ errorCode: 8, errorMessage: 'Task not found' })
  })

  it('responds with code 1 to a missing, an unknown and a revoked token, and with 2 to an expired one', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token: revoked } = await readBody(await requestBrightPatternToken(sandbox))
    sandbox.revokeAll()
    const { access_token: expired } = await readBody(await requestBrightPatternToken(sandbox))
    now = 3_599_000
    for (const token of [undefined, 'other', revoked]) {
      const response = await getWithToken(token, sandbox, taskUrl)
      expect(response.status).toBe(401)
      expect(await response.text()).toBe('{"errorCode":1,"errorMessage":"Authentication failed"}')
    }
    const response = await getWithToken(expired, sandbox, taskUrl)
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('{"errorCode":2,"errorMessage":"Access token expired"}')
  })

  it('responds with code 2 after expireAccessTokens()', async () => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestBrightPatternToken(sandbox))
    sandbox.expireAccessTokens()
    expect(await readBody(await getWithToken(access_token, sandbox, taskUrl))).toMatchObject({ errorCode: 2 })
  })

  it('responds with 403 and code 3 to a user without the privilege', async () => {
    const sandbox = createSandbox({ brightPattern: { withoutTaskRouting: ['cathy'] } })
    const { access_token } = await readBody(await requestBrightPatternToken(sandbox))
    const response = await getWithToken(access_token, sandbox, taskUrl)
    expect(response.status).toBe(403)
    expect(await readBody(response)).toEqual({ errorCode: 3, errorMessage: 'Privilege not granted' })
    expect((await getWithToken(access_token, sandbox, directoryUrl)).status).toBe(200)
  })
})

describe("the fault 'refuse' at Bright Pattern", () => {
  it('causes 401 everywhere, with code 2 at Task Routing', async () => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestBrightPatternToken(sandbox))
    sandbox.faults.add({ kind: 'refuse' }, { kind: 'refuse', on: 'resource', times: 2 })
    expect((await requestBrightPatternToken(sandbox)).status).toBe(401)
    expect((await getWithToken(access_token, sandbox, directoryUrl)).status).toBe(401)
    expect(await readBody(await getWithToken(access_token, sandbox, taskUrl))).toMatchObject({ errorCode: 2 })
    expect((await getWithToken(access_token, sandbox, taskUrl)).status).toBe(200)
  })
})
