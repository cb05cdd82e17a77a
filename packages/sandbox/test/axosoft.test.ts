import { describe, expect, it } from 'vitest'
import { createSandbox, noor, workItems } from '../src/index.ts'
import { requestAxosoftToken, axosoftBase, readBody } from './requests.ts'

describe("Axosoft's token endpoint", () => {
  it("responds with the documented example's body", async () => {
    const sandbox = createSandbox({ randomId: () => '10101010-1010-1010-1010-101010101010' })
    const response = await requestAxosoftToken(sandbox)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(
      `{"access_token":"10101010-1010-1010-1010-101010101010","token_type":"bearer","data":{"id":7,` +
        `"first_name":"Cathy","last_name":"O'Reilly (Dev)","email":"Cathy.Oreilly@mycompany.com"}}`,
    )
  })

  it.each([
    ['a wrong password', { password: 'latchkey-demo ' }],
    ['an unknown user', { username: 'nobody' }],
    ['no password', { password: undefined }],
  ])('rejects %s as documented', async (_, changes) => {
    const response = await requestAxosoftToken(createSandbox(), changes)
    expect(response.status).toBe(400)
    expect(await response.text()).toBe(
      '{"error":"invalid_grant","error_description":"Invalid username or password"}',
    )
  })

  it.each([
    ['invalid_request', { grant_type: undefined }],
    ['unsupported_grant_type', { grant_type: 'refresh_token' }],
    ['invalid_client', { client_id: 'other' }],
    ['invalid_client', { client_secret: undefined }],
    ['invalid_scope', { scope: 'read delete' }],
  ])('responds with 400 %s to %o', async (error, changes) => {
    const response = await requestAxosoftToken(createSandbox(), changes)
    expect(response.status).toBe(400)
    expect(await readBody(response)).toEqual({ error, error_description: expect.any(String) as string })
  })

  it('accepts a password with spaces, +, &, =, % and non-ASCII characters', async () => {
    const { username, password } = noor
    const response = await requestAxosoftToken(createSandbox(), { username, password })
    expect(await readBody(response)).toMatchObject({ data: { first_name: 'Noor' } })
  })

  it('accepts a POST form, but no credentials in its URL', async () => {
    const sandbox = createSandbox()
    const query = 'grant_type=password&username=cathy&password=latchkey-demo'
    const client = 'client_id=latchkey-demo-client&client_secret=latchkey-demo-secret'
    const endpoint = `${axosoftBase}/api/oauth2/token`
    const body = new URLSearchParams(`${query}&${client}`)
    expect((await sandbox.fetch(endpoint, { method: 'POST', body })).status).toBe(200)
    expect((await sandbox.fetch(`${endpoint}?${query}&${client}`, { method: 'POST' })).status).toBe(400)
  })

  it('rejects the undocumented POST form when tokenMethods has only GET', async () => {
    const { fetch } = createSandbox({ axosoft: { tokenMethods: ['GET'] } })
    const response = await fetch(`${axosoftBase}/api/oauth2/token`, { method: 'POST' })
    expect(response.status).toBe(405)
    expect(response.headers.get('Allow')).toBe('GET')
  })

  it("also has the versioned paths that the vendor's client uses", async () => {
    const { fetch } = createSandbox()
    expect((await fetch(`${axosoftBase}/api/v6/oauth2/token`)).status).toBe(400)
    expect((await fetch(`${axosoftBase}/api/v7/oauth2/token`)).status).toBe(404)
  })

  it('sends the body that transformBody returns', async () => {
    const sandbox = createSandbox({ axosoft: { transformBody: (body) => ({ ...body, expires_in: 'soon' }) } })
    expect(await readBody(await requestAxosoftToken(sandbox))).toMatchObject({
      token_type: 'bearer',
      expires_in: 'soon',
    })
  })
})

describe("Axosoft's API", () => {
  it.each([
    ['Authorization: Bearer', (token: string) => ({ Authorization: `Bearer ${token}` })],
    ['X-Authorization: Bearer', (token: string) => ({ 'X-Authorization': `Bearer ${token}` })],
    ['X-Authorization: OAuth', (token: string) => ({ 'X-Authorization': `OAuth ${token}` })],
  ])('accepts the token in %s', async (_, headers) => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestAxosoftToken(sandbox))
    const response = await sandbox.fetch(`${axosoftBase}/api/v6/items`, {
      headers: headers(String(access_token)),
    })
    expect(await readBody(response)).toMatchObject({ data: workItems, metadata: { total_count: 12 } })
  })

  it('accepts the token in the query', async () => {
    const sandbox = createSandbox()
    const { access_token } = await readBody(await requestAxosoftToken(sandbox))
    const response = await sandbox.fetch(`${axosoftBase}/api/v5/me?access_token=${String(access_token)}`)
    expect(await readBody(response)).toMatchObject({ data: { id: 7 } })
  })

  it('responds with 401 to a missing, an unknown and an expired token', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now, axosoft: { accessTokenLifetime: 60 } })
    const { access_token } = await readBody(await requestAxosoftToken(sandbox))
    const requestStatus = async (headers: Record<string, string>): Promise<number> =>
      (await sandbox.fetch(`${axosoftBase}/api/v6/me`, { headers })).status
    const bearer = { Authorization: `Bearer ${String(access_token)}` }
    expect(await requestStatus({})).toBe(401)
    expect(await requestStatus({ Authorization: 'Bearer other' })).toBe(401)
    now = 59_999
    expect(await requestStatus(bearer)).toBe(200)
    now = 60_000
    expect(await requestStatus(bearer)).toBe(401)
  })

  it('expires a token after 30 days by default', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await readBody(await requestAxosoftToken(sandbox))
    const headers = { Authorization: `Bearer ${String(access_token)}` }
    now = 2_592_000_000 - 1
    expect((await sandbox.fetch(`${axosoftBase}/api/v6/me`, { headers })).status).toBe(200)
    now = 2_592_000_000
    expect((await sandbox.fetch(`${axosoftBase}/api/v6/me`, { headers })).status).toBe(401)
  })
})
