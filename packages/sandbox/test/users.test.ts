import { afterEach, describe, expect, it } from 'vitest'
import type { RunningSandbox, SandboxUser } from '../src/index.ts'
import { cathy, createSandbox, demoClient, directory, startSandbox } from '../src/index.ts'
import { readBody } from './requests.ts'

const ada: SandboxUser = {
  username: 'ada',
  password: 'analytical engine',
  apiSecret: 'note G',
  id: 1815,
  firstName: 'Ada',
  lastName: 'Lovelace',
  email: 'ada@engine.example',
}
const grace: SandboxUser = { username: 'grace', password: 'COBOL', apiSecret: 'bug' }

const { clientId: client_id, clientSecret: client_secret } = demoClient

let running: RunningSandbox | undefined

afterEach(async () => {
  await running?.close()
  running = undefined
})

async function start(users: readonly SandboxUser[]): Promise<string> {
  running = await startSandbox({ users })
  return running.url
}

function post(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields) })
}

async function get(url: string, accessToken: unknown): Promise<unknown> {
  const headers = { Authorization: `Bearer ${String(accessToken)}`, Accept: 'application/json' }
  return (await fetch(url, { headers })).json()
}

function signInToAxosoft(url: string, { username, password }: SandboxUser): Promise<Response> {
  const fields = { grant_type: 'password', username, password, client_id, client_secret }
  return post(`${url}/axosoft/api/oauth2/token`, fields)
}

function signInToClass(url: string, { username, password }: SandboxUser): Promise<Response> {
  const fields = { grant_type: 'password', username, password, scope: 'openid' }
  return post(`${url}/class/connect/token`, fields)
}

function signInToBrightPattern(url: string, { username, apiSecret = '' }: SandboxUser): Promise<Response> {
  const user = { client_id: username, client_secret: apiSecret }
  const fields = { grant_type: 'client_credentials', scope: 'example.com', ...user }
  return post(`${url}/bright-pattern/configapi/v2/oauth/token`, fields)
}

describe('users of your own', () => {
  it('sign in to Axosoft, which returns their profile', async () => {
    const url = await start([ada, grace])
    const profile = { id: 1815, first_name: 'Ada', last_name: 'Lovelace', email: 'ada@engine.example' }
    const { access_token, data } = await readBody(await signInToAxosoft(url, ada))
    expect(data).toEqual(profile)
    expect(await get(`${url}/axosoft/api/v6/me`, access_token)).toEqual({ data: profile })
  })

  it('sign in to Class, whose claims describe them', async () => {
    const url = await start([ada, grace])
    const { access_token } = await readBody(await signInToClass(url, ada))
    expect(await get(`${url}/class/api/1.0/u/connect/userinfo`, access_token)).toEqual({
      sub: '1815',
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      email: 'ada@engine.example',
    })
  })

  it('sign in to Bright Pattern with their API secret, and are in its directory', async () => {
    const url = await start([ada, grace])
    const { access_token } = await readBody(await signInToBrightPattern(url, ada))
    const entries = await get(`${url}/bright-pattern/configapi/v2/phone/user`, access_token)
    expect(entries).toEqual([
      ...directory,
      expect.objectContaining({ loginId: 'ada', firstName: 'Ada', lastName: 'Lovelace' }),
      expect.objectContaining({ loginId: 'grace', firstName: 'grace', lastName: '' }),
    ])
    const extensions = (entries as { extension: string }[]).map(({ extension }) => extension)
    expect(new Set(extensions).size).toBe(extensions.length)
  })

  it('do not matter to Classy, whose tokens belong to the client', async () => {
    const url = await start([ada])
    const fields = { grant_type: 'client_credentials', client_id, client_secret }
    expect((await post(`${url}/classy/oauth2/auth`, fields)).status).toBe(200)
  })

  it('replace the built-in users', async () => {
    const url = await start([ada])
    expect((await signInToAxosoft(url, cathy)).status).toBe(400)
    expect((await signInToClass(url, cathy)).status).toBe(400)
    expect((await signInToBrightPattern(url, cathy)).status).toBe(401)
  })

  it('need only a username and a password', async () => {
    const url = await start([
      { username: 'ada', password: '1', id: 101 },
      { username: 'grace', password: '2' },
      { username: 'mary@example.org', password: '3' },
    ])
    const readProfile = async (username: string, password: string): Promise<unknown> =>
      (await readBody(await signInToAxosoft(url, { username, password })))['data']
    expect(await readProfile('grace', '2')).toEqual({
      id: 102,
      first_name: 'grace',
      last_name: '',
      email: 'grace@example.com',
    })
    expect(await readProfile('mary@example.org', '3')).toMatchObject({ id: 103, email: 'mary@example.org' })
    const { access_token } = await readBody(await signInToClass(url, { username: 'grace', password: '2' }))
    const claims = await get(`${url}/class/api/1.0/u/connect/userinfo`, access_token)
    expect(claims).toMatchObject({ sub: '102', name: 'grace' })
  })
})

describe('the option users', () => {
  const example = '[{ "username": "ada", "password": "secret" }]'
  const memberNames = 'username, password, apiSecret, id, firstName, lastName, email'

  it.each<[unknown, string]>([
    [{ ada }, `users: is not a list. Expected: users, such as ${example}.`],
    [[], `users: is empty. Expected: users, such as ${example}.`],
    [[ada, 'grace'], `users[1]: is not a user. Expected: users, such as ${example}.`],
    [[ada, null], `users[1]: is not a user. Expected: users, such as ${example}.`],
    [[{ username: 'ada' }], 'users[0].password: is missing. Expected: a string that is not empty.'],
    [[{ ...ada, username: '' }], 'users[0].username: is not valid. Expected: a string that is not empty.'],
    [[{ ...ada, id: '7' }], 'users[0].id: is not valid. Expected: a positive whole number.'],
    [[{ ...ada, id: 0 }], 'users[0].id: is not valid. Expected: a positive whole number.'],
    [[{ ...ada, lastName: null }], 'users[0].lastName: is not valid. Expected: a string.'],
    [[{ ...ada, apisecret: 'x' }], `users[0].apisecret: is unknown. Expected: ${memberNames}.`],
    [
      [ada, { ...grace, username: 'ada' }],
      'users[1].username: is used by another user. Expected: a different value for each user.',
    ],
    [
      [ada, { ...grace, id: 1815 }],
      'users[1].id: is used by another user. Expected: a different value for each user.',
    ],
  ])('rejects %j with its path and what is expected', (users, message) => {
    expect(() => createSandbox({ users: users as SandboxUser[] })).toThrow(new TypeError(message))
  })

  it('is rejected with all issues at once, and without a secret', async () => {
    const users = [
      { username: 'ada', password: 4711 },
      { username: 'grace', password: 'COBOL', apiSecret: '' },
    ] as unknown as SandboxUser[]
    await expect(startSandbox({ users })).rejects.toThrow(
      new TypeError(
        'users[0].password: is not valid. Expected: a string that is not empty.\n' +
          'users[1].apiSecret: is not valid. Expected: a string that is not empty.',
      ),
    )
  })
})
