import { describe, expect, it } from 'vitest'
import { createSandbox, noor, workItems } from '../src/index.ts'
import { requestAxosoftToken, axosoftBase, bodyOf } from './requests.ts'

describe("Axosoft's token endpoint", () => {
  it("answers with the body of the documents' example", async () => {
    const sandbox = createSandbox({ randomId: () => '10101010-1010-1010-1010-101010101010' })
    const answer = await requestAxosoftToken(sandbox)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe(
      `{"access_token":"10101010-1010-1010-1010-101010101010","token_type":"bearer","data":{"id":7,` +
        `"first_name":"Cathy","last_name":"O'Reilly (Dev)","email":"Cathy.Oreilly@mycompany.com"}}`,
    )
  })

  it.each([
    ['a wrong password', { password: 'latchkey-demo ' }],
    ['an unknown user', { username: 'nobody' }],
    ['no password', { password: undefined }],
  ])('refuses %s as the documents show', async (_, changed) => {
    const answer = await requestAxosoftToken(createSandbox(), changed)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toBe(
      '{"error":"invalid_grant","error_description":"Invalid username or password"}',
    )
  })

  it.each([
    ['invalid_request', { grant_type: undefined }],
    ['unsupported_grant_type', { grant_type: 'refresh_token' }],
    ['invalid_client', { client_id: 'other' }],
    ['invalid_client', { client_secret: undefined }],
    ['invalid_scope', { scope: 'read delete' }],
  ])('answers 400 %s to %o', async (error, changed) => {
    const answer = await requestAxosoftToken(createSandbox(), changed)
    expect(answer.status).toBe(400)
    expect(await bodyOf(answer)).toEqual({ error, error_description: expect.any(String) as string })
  })

  it('takes a password with spaces, +, &, =, % and characters beyond ASCII as it is', async () => {
    const { username, password } = noor
    const answer = await requestAxosoftToken(createSandbox(), { username, password })
    expect(await bodyOf(answer)).toMatchObject({ data: { first_name: 'Noor' } })
  })

  it('accepts a POST form as well, but not credentials in its URL', async () => {
    const sandbox = createSandbox()
    const query = 'grant_type=password&username=cathy&password=latchkey-demo'
    const client = 'client_id=latchkey-demo-client&client_secret=latchkey-demo-secret'
    const endpoint = `${axosoftBase}/api/oauth2/token`
    const body = new URLSearchParams(`${query}&${client}`)
    expect((await sandbox.fetch(endpoint, { method: 'POST', body })).status).toBe(200)
    expect((await sandbox.fetch(`${endpoint}?${query}&${client}`, { method: 'POST' })).status).toBe(400)
  })

  it('refuses the POST form on demand, because the documents know only the GET', async () => {
    const { fetch } = createSandbox({ axosoft: { tokenMethods: ['GET'] } })
    const answer = await fetch(`${axosoftBase}/api/oauth2/token`, { method: 'POST' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('Allow')).toBe('GET')
  })

  it("answers below a version as well, where the vendor's own client asks", async () => {
    const { fetch } = createSandbox()
    expect((await fetch(`${axosoftBase}/api/v6/oauth2/token`)).status).toBe(400)
    expect((await fetch(`${axosoftBase}/api/v7/oauth2/token`)).status).toBe(404)
  })

  it('sends another body on demand', async () => {
    const sandbox = createSandbox({ axosoft: { transformBody: (body) => ({ ...body, expires_in: 'soon' }) } })
    expect(await bodyOf(await requestAxosoftToken(sandbox))).toMatchObject({
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
  ])('takes the token in %s', async (_, headers) => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await requestAxosoftToken(sandbox))
    const answer = await sandbox.fetch(`${axosoftBase}/api/v6/items`, {
      headers: headers(String(access_token)),
    })
    expect(await bodyOf(answer)).toMatchObject({ data: workItems, metadata: { total_count: 12 } })
  })

  it('takes the token in the query', async () => {
    const sandbox = createSandbox()
    const { access_token } = await bodyOf(await requestAxosoftToken(sandbox))
    const answer = await sandbox.fetch(`${axosoftBase}/api/v5/me?access_token=${String(access_token)}`)
    expect(await bodyOf(answer)).toMatchObject({ data: { id: 7 } })
  })

  it('refuses a missing, an unknown, and an expired token', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now, axosoft: { accessTokenLifetime: 60 } })
    const { access_token } = await bodyOf(await requestAxosoftToken(sandbox))
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await sandbox.fetch(`${axosoftBase}/api/v6/me`, { headers })).status
    const bearer = { Authorization: `Bearer ${String(access_token)}` }
    expect(await statusWith({})).toBe(401)
    expect(await statusWith({ Authorization: 'Bearer other' })).toBe(401)
    now = 59_999
    expect(await statusWith(bearer)).toBe(200)
    now = 60_000
    expect(await statusWith(bearer)).toBe(401)
  })

  it('lets a token live for 30 days unless told otherwise', async () => {
    let now = 0
    const sandbox = createSandbox({ now: () => now })
    const { access_token } = await bodyOf(await requestAxosoftToken(sandbox))
    const headers = { Authorization: `Bearer ${String(access_token)}` }
    now = 2_592_000_000 - 1
    expect((await sandbox.fetch(`${axosoftBase}/api/v6/me`, { headers })).status).toBe(200)
    now = 2_592_000_000
    expect((await sandbox.fetch(`${axosoftBase}/api/v6/me`, { headers })).status).toBe(401)
  })
})
