import { describe, expect, it } from 'vitest'
import { createSandbox, directory, noor, routedTasks } from '../src/index.ts'
import { askBrightPattern, bodyOf, brightPatternBase, getWithToken } from './requests.ts'

const directoryUrl = `${brightPatternBase}/configapi/v2/phone/user`
const taskUrl = `${brightPatternBase}/taskroutingapi/v1/task/65736beabae70b588348f2b5`

describe("Bright Pattern's token endpoint", () => {
  it("answers with the body of the documents' example, on demand", async () => {
    const randomId = (): string => 'eyJhbGciOiJSUzI1NiI5q9Jgt...6HznsvPWy7UP3MINA'
    const sandbox = createSandbox({ randomId, brightPattern: { body: 'documents' } })
    const answer = await askBrightPattern(sandbox)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe(
      `{
"access_token":"eyJhbGciOiJSUzI1NiI5q9Jgt...6HznsvPWy7UP3MINA",
"token_type":"Bearer",
"expires_in":"3599",
}`,
    )
  })

  it('gives a new token all of its seconds, however long the answer takes', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => (now += 1) })
    expect(await bodyOf(await askBrightPattern(sandbox))).toMatchObject({ expires_in: '3599' })
  })

  it.each(['v2', 'v3'])(
    'answers below %s with the headers and the body that were captured',
    async (version) => {
      const token = '9E266F3C6189F70D10CBDCB6C7D457FB690C0BF401841F3FB29C463D9251FB1D'
      const brightPattern = { accessTokenLifetime: 3480 }
      const sandbox = createSandbox({ randomId: () => token, brightPattern })
      const answer = await askBrightPattern(sandbox, {}, version)
      expect(Object.fromEntries(answer.headers)).toEqual({
        'content-length': '147',
        'content-type': 'application/json',
      })
      expect(await answer.text()).toBe(
        `{"access_token":"${token}","token_type":"Bearer","expires_in":"3480","scope":"example.com"}`,
      )
    },
  )

  it.each([
    ['a wrong API secret', { client_secret: 'latchkey-demo-api-secret ' }],
    ['the password in its place', { client_secret: 'latchkey-demo' }],
    ['an unknown user', { client_id: 'nobody' }],
    ['no user', { client_id: undefined }],
    ['no API secret', { client_secret: undefined }],
    ['another grant', { grant_type: 'password' }],
    ['another tenant', { scope: 'example.org' }],
    ['no scope', { scope: undefined }],
  ])('answers 401 to %s', async (_, changed) => {
    const answer = await askBrightPattern(createSandbox(), changed)
    expect(answer.status).toBe(401)
    expect(await answer.text()).toBe('')
  })

  it('answers 401 to a disabled user, and to one for whom no API secret was generated', async () => {
    const disabled = createSandbox({ brightPattern: { disabled: ['cathy'] } })
    expect((await askBrightPattern(disabled)).status).toBe(401)
    const { apiSecret: _apiSecret, ...withoutSecret } = noor
    const people = createSandbox({ users: [withoutSecret] })
    const asNoor = { client_id: noor.username, client_secret: undefined }
    expect((await askBrightPattern(people, asNoor)).status).toBe(401)
  })

  it('tells an error in the body of 401, on demand', async () => {
    const sandbox = createSandbox({ brightPattern: { refusalBody: 'json' } })
    const answer = await askBrightPattern(sandbox, { client_secret: 'other' })
    expect(answer.status).toBe(401)
    expect(await bodyOf(answer)).toEqual({
      error: 'unauthorized',
      error_description: 'Authentication failed',
    })
  })

  it('answers 415 to a body that is no form', async () => {
    const asJson = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }
    const answer = await createSandbox().fetch(`${brightPatternBase}/configapi/v2/oauth/token`, asJson)
    expect(answer.status).toBe(415)
  })

  it('takes an API secret with spaces, +, &, =, %, quotes and characters beyond ASCII as it is', async () => {
    const asNoor = { client_id: noor.username, client_secret: noor.apiSecret }
    expect((await askBrightPattern(createSandbox(), asNoor)).status).toBe(200)
    const trimmed = { ...asNoor, client_secret: noor.apiSecret.trim() }
    expect((await askBrightPattern(createSandbox(), trimmed)).status).toBe(401)
  })

  it('asks for the tenant that it is told', async () => {
    const sandbox = createSandbox({ brightPattern: { tenant: 'acme.brightpattern.com' } })
    expect((await askBrightPattern(sandbox)).status).toBe(401)
    const scope = 'acme.brightpattern.com'
    expect(await bodyOf(await askBrightPattern(sandbox, { scope }))).toMatchObject({ scope })
  })

  it('issues a new token each time', async () => {
    const sandbox = createSandbox()
    const first = await bodyOf(await askBrightPattern(sandbox))
    const second = await bodyOf(await askBrightPattern(sandbox))
    expect(second['access_token']).not.toBe(first['access_token'])
    expect((await getWithToken(first['access_token'], sandbox, directoryUrl)).status).toBe(200)
  })

  it('sends the same token with less time, on demand, until it has expired', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now, brightPattern: { repeatedSignIn: 'same' } })
    const first = await bodyOf(await askBrightPattern(sandbox))
    now = 119_000
    const second = await bodyOf(await askBrightPattern(sandbox))
    expect(second).toEqual({ ...first, expires_in: '3480' })
    const asNoor = { client_id: noor.username, client_secret: noor.apiSecret }
    const others = await bodyOf(await askBrightPattern(sandbox, asNoor))
    expect(others['access_token']).not.toBe(first['access_token'])
    now = 3_599_000
    const third = await bodyOf(await askBrightPattern(sandbox))
    expect(third['access_token']).not.toBe(first['access_token'])
    expect(third['expires_in']).toBe('3599')
  })

  it('sends another body on demand, in either shape', async () => {
    const transformBody = (body: Record<string, unknown>): unknown => ({ ...body, expires_in: null })
    const wire = createSandbox({ brightPattern: { transformBody } })
    expect(await bodyOf(await askBrightPattern(wire))).toMatchObject({ expires_in: null })
    const documents = createSandbox({ brightPattern: { transformBody, body: 'documents' } })
    expect(await (await askBrightPattern(documents)).text()).toContain('\n"expires_in":null,\n}')
  })
})

describe("Bright Pattern's configuration API", () => {
  it('lists the directory', async () => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await askBrightPattern(sandbox))
    expect(await (await getWithToken(access_token, sandbox, directoryUrl)).json()).toEqual(directory)
  })

  it('answers 401 to a missing, an unknown and an expired token', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await bodyOf(await askBrightPattern(sandbox))
    now = 3_599_000
    for (const token of [undefined, 'other', access_token]) {
      expect((await getWithToken(token, sandbox, directoryUrl)).status).toBe(401)
    }
  })
})

describe("Bright Pattern's task routing", () => {
  it('tells of a task, with or without a slash at the end, and answers 8 for another', async () => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await askBrightPattern(sandbox))
    for (const url of [taskUrl, `${taskUrl}/?external=false`]) {
      const answer = await getWithToken(access_token, sandbox, url)
      expect(await answer.json()).toEqual(Object.values(routedTasks)[0])
    }
    const other = await getWithToken(
      access_token,
      sandbox,
      `${brightPatternBase}/taskroutingapi/v1/task/toString`,
    )
    expect(other.status).toBe(404)
    expect(await bodyOf(other)).toEqual({ errorCode: 8, errorMessage: 'Task not found' })
  })

  it('answers 1 to a missing, an unknown and a revoked token, and 2 to an expired one', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token: revoked } = await bodyOf(await askBrightPattern(sandbox))
    sandbox.revokeAll()
    const { access_token: expired } = await bodyOf(await askBrightPattern(sandbox))
    now = 3_599_000
    for (const token of [undefined, 'other', revoked]) {
      const answer = await getWithToken(token, sandbox, taskUrl)
      expect(answer.status).toBe(401)
      expect(await answer.text()).toBe('{"errorCode":1,"errorMessage":"Authentication failed"}')
    }
    const answer = await getWithToken(expired, sandbox, taskUrl)
    expect(answer.status).toBe(401)
    expect(await answer.text()).toBe('{"errorCode":2,"errorMessage":"Access token expired"}')
  })

  it('answers 2 to tokens that expireAccessTokens() has ended', async () => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await askBrightPattern(sandbox))
    sandbox.expireAccessTokens()
    expect(await bodyOf(await getWithToken(access_token, sandbox, taskUrl))).toMatchObject({ errorCode: 2 })
  })

  it('answers 403 and 3 to a user without the privilege', async () => {
    const sandbox = createSandbox({ brightPattern: { withoutTaskRouting: ['cathy'] } })
    const { access_token } = await bodyOf(await askBrightPattern(sandbox))
    const answer = await getWithToken(access_token, sandbox, taskUrl)
    expect(answer.status).toBe(403)
    expect(await bodyOf(answer)).toEqual({ errorCode: 3, errorMessage: 'Privilege not granted' })
    expect((await getWithToken(access_token, sandbox, directoryUrl)).status).toBe(200)
  })
})

describe('a refusal at Bright Pattern, by a fault', () => {
  it('is 401 everywhere, and 2 at task routing', async () => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await askBrightPattern(sandbox))
    sandbox.faults.add({ kind: 'refuse' }, { kind: 'refuse', on: 'resource', times: 2 })
    expect((await askBrightPattern(sandbox)).status).toBe(401)
    expect((await getWithToken(access_token, sandbox, directoryUrl)).status).toBe(401)
    expect(await bodyOf(await getWithToken(access_token, sandbox, taskUrl))).toMatchObject({ errorCode: 2 })
    expect((await getWithToken(access_token, sandbox, taskUrl)).status).toBe(200)
  })
})
