import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { BffOptions, ProviderDescription } from '../src/index.ts'
import { BffError, createBff } from '../src/index.ts'
import { setSocketAddress } from '../src/guards/client-address.ts'
import { createFailureCounter } from '../src/guards/failure-counter.ts'
import { getSocketAddress, toNodeListener } from '../src/node.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createThrottle } from '../src/guards/throttle.ts'
import type { Answer } from './support/browser.ts'
import { createBrowser, createTestLogger, createTestBff, credentials, page } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { failWithCode, createTokenEndpoint, json } from './support/token-endpoint.ts'

const home = '198.51.100.7'
const elsewhere = '203.0.113.9'

/** Knows one account. */
const server: Reply = ({ parameters }) =>
  parameters.get('username') === credentials.username && parameters.get('password') === credentials.password
    ? Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
    : Response.json({ error: 'invalid_grant' }, { status: 400 })

const byHeader = (request: Request): string | null => request.headers.get('X-Client')

/** A scene in which every sign-in comes from an address; `''` for none that is known. */
function createStreet(reply: Reply = server, options: Partial<BffOptions> = {}) {
  const scene = createTestBff(reply, { throttle: { clientAddress: byHeader }, ...options })
  const from = (address: string, more: Partial<typeof credentials> = {}): Promise<Answer> =>
    scene.ask('POST', '/session', { credentials: { ...credentials, ...more } }, { 'X-Client': address })
  return {
    ...scene,
    from,
    wrong: (address: string, username = credentials.username) =>
      from(address, { username, password: 'wrong' }),
  }
}

async function times<T>(count: number, act: (turn: number) => Promise<T>): Promise<T[]> {
  const done: T[] = []
  for (let turn = 0; turn < count; turn += 1) done.push(await act(turn))
  return done
}

const statuses = (answers: Answer[]): number[] => answers.map(({ status }) => status)

const manyAddresses = (count: number): string[] =>
  Array.from({ length: count }, (_, turn) => `203.0.${turn >> 8}.${turn & 255}`)

describe('who keeps failing at one account from one address', () => {
  it('may mistype ten times, and then has to wait, with nothing sent to the authorization server', async () => {
    const { wrong, endpoint } = createStreet()
    expect(new Set(statuses(await times(10, () => wrong(elsewhere))))).toEqual(new Set([401]))
    const answer = await wrong(elsewhere)
    expect(answer).toMatchObject({ status: 429, body: { error: 'rate_limited', retry_after: 60 } })
    expect(answer.headers.get('Retry-After')).toBe('60')
    expect(endpoint.requests).toHaveLength(10)
  })

  it('is told the whole seconds until the next try really is accepted, which asking meanwhile does not prolong', async () => {
    const { wrong, from, clock } = createStreet()
    await times(10, () => wrong(elsewhere))
    await clock.pass(12.5)
    const { retry_after: wait = 0 } = (await wrong(elsewhere)).body
    expect(wait).toBe(48)
    await times(50, () => wrong(elsewhere))
    await clock.pass(wait - 1)
    expect((await from(elsewhere)).body).toMatchObject({ error: 'rate_limited', retry_after: 1 })
    await clock.pass(1)
    expect((await from(elsewhere)).status).toBe(200)
  })

  it('gets no more than a guess a minute through, however often it asks', async () => {
    const { wrong, clock, endpoint } = createStreet()
    await times(240, async () => {
      await wrong(elsewhere)
      await clock.pass(15)
    })
    expect(endpoint.requests.length).toBeLessThanOrEqual(10 + 60)
  })

  it('begins anew after a success', async () => {
    const { wrong, from } = createStreet()
    await times(9, () => wrong(home))
    expect((await from(home)).status).toBe(200)
    expect(new Set(statuses(await times(10, () => wrong(home))))).toEqual(new Set([401]))
  })

  it('gets ten of hundreds of tries at once through', async () => {
    const { wrong, endpoint } = createStreet()
    const answers = await Promise.all(Array.from({ length: 300 }, () => wrong(elsewhere)))
    expect(endpoint.requests).toHaveLength(10)
    expect(statuses(answers).filter((status) => status === 429)).toHaveLength(290)
  })

  it('finds out nothing of which accounts exist', async () => {
    const { wrong } = createStreet()
    const told = ({ status, text, headers }: Answer) => ({ status, text, wait: headers.get('Retry-After') })
    const real = await times(12, () => wrong(elsewhere))
    const made = await times(12, () => wrong(elsewhere, 'nobody'))
    expect(made.map(told)).toEqual(real.map(told))
  })

  it('gains nothing by spelling the name otherwise, which is sent as it was typed', async () => {
    const { wrong, endpoint } = createStreet()
    const spellings = ['cathy', 'Cathy', 'CATHY', ' cathy', 'cathy ', 'ｃａｔｈｙ', 'Ｃathy']
    const answers = await times(21, (turn) => wrong(elsewhere, spellings[turn % spellings.length]))
    expect(statuses(answers).filter((status) => status === 401)).toHaveLength(10)
    expect(endpoint.requests.slice(0, 7).map(({ parameters }) => parameters.get('username'))).toEqual(
      spellings,
    )
  })

  it('gains nothing by the other addresses of the same IPv6 subscriber', async () => {
    const { wrong, from } = createStreet()
    await times(10, (turn) => wrong(`2001:db8:1:2::${turn}`))
    expect((await wrong('2001:DB8:1:2:ffff::1')).status).toBe(429)
    expect((await from('2001:db8:1:3::1')).status).toBe(200)
  })
})

describe('what is no failure of who typed', () => {
  const challenged = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
  const provider: ProviderDescription = {
    ...challenged,
    errors: {
      map: [{ code: 'not_here', outcome: 'access_denied' }],
      challenges: [
        {
          when: { code: 'mfa_required' },
          fields: { otp: { label: 'Code', type: 'otp' } },
          grant: 'password',
        },
      ],
    },
  }

  it.each<[string, Reply, number]>([
    ['a challenge', json({ error: 'mfa_required' }, 400), 401],
    ['a refusal of the user as such', json({ error: 'not_here' }, 403), 403],
    ['a refusal of the client', json({ error: 'invalid_client' }, 401), 502],
    ['an outage', json({}, 503), 503],
    ['a limit of the authorization server', json({}, 429), 429],
    ['a broken connection', failWithCode('ECONNRESET'), 503],
  ])('%s holds nobody up', async (_, reply, status) => {
    const { from, endpoint } = createStreet(reply, { provider })
    expect(new Set(statuses(await times(40, () => from(home))))).toEqual(new Set([status]))
    expect(endpoint.requests).toHaveLength(40)
    endpoint.script(server)
    expect((await from(home)).status).toBe(200)
  })
})

describe('an attacker', () => {
  it('at one address holds up nobody at another', async () => {
    const { wrong, from, clock } = createStreet()
    const answers = await times(40, async () => {
      await wrong(elsewhere)
      await clock.pass(17)
      await wrong(elsewhere)
      return from(home)
    })
    expect(new Set(statuses(answers))).toEqual(new Set([200]))
  })

  it('at hundreds of addresses gets twenty tries through', async () => {
    const { wrong, endpoint } = createStreet()
    await Promise.all(manyAddresses(300).map((address) => wrong(address)))
    expect(endpoint.requests).toHaveLength(20)
  })

  it('at a hundred addresses holds up nobody who has signed in from this address within 30 days', async () => {
    const { wrong, from, clock } = createStreet()
    await from(home)
    await clock.pass(29 * 86_400)
    await Promise.all(manyAddresses(100).map((address) => wrong(address)))
    expect((await wrong(home)).status).toBe(401)
    expect((await from(home)).status).toBe(200)
    await clock.pass(30 * 86_400)
    await Promise.all(manyAddresses(100).map((address) => wrong(address)))
    expect((await from(home)).status).toBe(429)
  })

  it('at a hundred addresses makes a stranger wait for a minute once, though it never lets up', async () => {
    const { wrong, from, clock } = createStreet()
    const attack = () => Promise.all(manyAddresses(100).map((address) => wrong(address)))
    await attack()
    const { retry_after: wait = 0 } = (await from(home)).body
    expect(wait).toBe(60)
    await times(wait, async (turn) => {
      if (turn % 20 === 0) await attack()
      if (turn > 0) expect((await from(home)).body.retry_after).toBe(wait - turn)
      await clock.pass(1)
    })
    await attack()
    expect((await from(home)).status).toBe(200)
  })

  it('gets no further by tries of which it makes the authorization server fail', async () => {
    const { wrong, clock, endpoint } = createStreet()
    const attack = (addresses: string[]) => Promise.all(addresses.map((address) => wrong(address)))
    await attack(manyAddresses(30))
    await clock.pass(60)
    endpoint.script(json({}, 503))
    await attack(manyAddresses(30))
    endpoint.script(server)
    const others = await attack(manyAddresses(60).slice(30))
    expect(statuses(others).filter((status) => status === 401)).toHaveLength(1)
  })

  it('at many accounts is held up by its address, and takes nobody along who is known there', async () => {
    const { wrong, from, endpoint, clock } = createStreet()
    await from(elsewhere)
    const answers = await times(300, (turn) => wrong(elsewhere, `user-${turn}`))
    expect(statuses(answers).filter((status) => status === 401)).toHaveLength(30)
    expect(answers.at(-1)?.body.retry_after).toBe(10)
    expect(endpoint.requests).toHaveLength(31)
    expect((await wrong(home, 'user-0')).status).toBe(401)
    expect((await from(elsewhere)).status).toBe(200)
    await clock.pass(10)
    expect((await wrong(elsewhere, 'user-300')).status).toBe(401)
  })

  it('at an address where many are known is held up there too', async () => {
    const anybody = json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
    const { wrong, from, endpoint } = createStreet(anybody)
    await times(4, (turn) => from(elsewhere, { username: `user-${turn}` }))
    endpoint.script(server)
    await times(32, (turn) => wrong(elsewhere, `user-${turn % 4}`))
    expect((await wrong(elsewhere, 'another')).status).toBe(429)
  })

  it('gains nothing by succeeding at an account of its own in between', async () => {
    const { wrong, from } = createStreet()
    const answers = await times(100, async (turn) => {
      await from(elsewhere)
      return wrong(elsewhere, `user-${turn}`)
    })
    expect(statuses(answers).filter((status) => status === 401)).toHaveLength(30)
  })

  it('pushes no count out of the memory by a flood of names', async () => {
    let now = 0
    const throttle = createThrottle({ clientAddress: byHeader }, () => now, createTestLogger())
    const request = new Request(page, { headers: { 'X-Client': elsewhere } })
    const wrong = (username: string): Promise<string> =>
      throttle
        .run(username, request, async () => {
          throw new BffError('invalid_credentials', 'wrong')
        })
        .catch((error: unknown) => (error instanceof BffError ? error.code : 'another'))
    await times(10, () => wrong('cathy'))
    const flood = await times(51_000, (turn) => wrong(`user-${turn}`))
    expect(flood.filter((code) => code === 'invalid_credentials')).toHaveLength(20)
    now += 10_000
    expect(await wrong('cathy')).toBe('rate_limited')
    expect(await wrong('user-51000')).toBe('invalid_credentials')
  }, 30_000)
})

describe('failures', () => {
  it('of 50,000 keys are held, and then those that failed longest ago make room', () => {
    const failures = createFailureCounter({ burst: 1, forgetAfterMs: 1000 }, () => 0)
    for (let key = 0; key <= 50_000; key += 1) failures.add(String(key))
    expect([failures.getWaitMs('0'), failures.getWaitMs('1'), failures.getWaitMs('50000')]).toEqual([
      0, 1000, 1000,
    ])
  })

  it('lock nobody out when the clock is set back', async () => {
    const { wrong, from, clock } = createStreet()
    await times(11, () => wrong(home))
    await clock.pass(-86_400)
    expect((await from(home)).status).toBe(200)
  })
})

describe('where the address is not known', () => {
  it('counts by account alone, each for itself, and says once what to do, when it matters', async () => {
    const { wrong, from, log, clock } = createStreet()
    const before = log.length
    await times(10, () => wrong(''))
    expect(log.slice(before).join()).not.toContain('throttle.clientAddress')
    expect((await wrong('')).body).toMatchObject({ error: 'rate_limited', retry_after: 60 })
    expect((await wrong('', 'dora')).status).toBe(401)
    await clock.pass(60)
    expect((await from('')).status).toBe(200)
    await times(100, (turn) => wrong('', `user-${turn}`))
    expect(log.filter((line) => line.includes('throttle.clientAddress'))).toHaveLength(1)
  })

  it('does not take everybody for one address, and says so', async () => {
    const { wrong, log } = createStreet()
    const answers = await times(200, (turn) => wrong('', `user-${turn}`))
    expect(new Set(statuses(answers))).toEqual(new Set([401]))
    expect(log.filter((line) => line.includes('throttle.clientAddress'))).toHaveLength(1)
  })

  it('lets no success of one clear what another failed', async () => {
    const { wrong, from } = createStreet()
    const answers = await times(30, async () => {
      await from('')
      return wrong('')
    })
    expect(statuses(answers).filter((status) => status === 401)).toHaveLength(10)
  })
})

describe('the address of who asks', () => {
  const bff = (options: Partial<BffOptions> = {}) => {
    const logger = createTestLogger()
    const endpoint = createTokenEndpoint(server)
    const made = createBff({
      provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
      logger,
      platform: { fetch: endpoint.fetch, now: () => 0 },
      ...options,
    })
    return { made, logger, endpoint }
  }

  /** Whether many failures from the one address hold up the other, at accounts of which each has failed once. */
  async function sharesItsCount(one: string, other: string): Promise<boolean> {
    const { made } = bff()
    const { fetch } = made
    const { ask } = createBrowser({
      ...made,
      fetch: (request) => {
        setSocketAddress(request, request.headers.get('X-Test') ?? undefined)
        return fetch(request)
      },
    })
    const wrong = (username: string, address: string) =>
      ask('POST', '/session', { credentials: { username, password: 'x' } }, { 'X-Test': address })
    await times(30, (turn) => wrong(`user-${turn}`, one))
    return (await wrong('another', other)).status === 429
  }

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9', '::ffff:203.0.113.9'],
    ['203.0.113.9', '::ffff:cb00:7109'],
    ['203.0.113.9', '203.0.113.9:50123'],
    ['2001:db8::1', '2001:0DB8:0:0:ffff::2'],
    ['2001:db8::1', '[2001:db8::2]:443'],
    ['2001:db8::1', '2001:db8::3%eth0'],
  ])('%s is counted together with %s', async (one, other) => {
    expect(await sharesItsCount(one, other)).toBe(true)
  })

  it.each<[string, string]>([
    ['203.0.113.9', '203.0.113.10'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['2001:db8::1', '2001:db8:1::1'],
    ...[
      '127.0.0.1',
      '::1',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.1.1',
      '100.64.0.1',
      '::ffff:127.0.0.1',
      'fd00::1',
      'fe80::1%eth0',
    ].map((address): [string, string] => [address, address]),
  ])('%s is not counted together with %s', async (one, other) => {
    expect(await sharesItsCount(one, other)).toBe(false)
  })

  it.each(['172.15.0.1', '172.32.0.1', '100.128.0.1', '192.169.0.1', '11.0.0.1', 'fec0::1'])(
    '%s is an address like any other',
    async (address) => {
      expect(await sharesItsCount(address, address)).toBe(true)
    },
  )

  const closers: (() => void)[] = []
  afterEach(() => closers.splice(0).forEach((close) => close()))

  /** Fails at 40 accounts over a real connection, each time from another address if a header is to be believed. */
  async function failOverHttp(options: Partial<BffOptions> = {}): Promise<number[]> {
    const listener = createServer(toNodeListener(bff(options).made)).listen(0, '127.0.0.1')
    closers.push(() => listener.close())
    await once(listener, 'listening')
    const base = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
    const fail = async (turn: number): Promise<number> => {
      const answer = await fetch(`${base}/auth/session`, {
        method: 'POST',
        headers: {
          'X-Latchkey': '1',
          'Sec-Fetch-Site': 'same-origin',
          'Content-Type': 'application/json',
          'X-Forwarded-For': `203.0.113.${turn}`,
          Forwarded: `for=203.0.113.${turn}`,
          'X-Real-IP': `203.0.113.${turn}`,
        },
        body: JSON.stringify({ credentials: { username: `user-${turn}`, password: 'x' } }),
      })
      await answer.text()
      return answer.status
    }
    return Promise.all(Array.from({ length: 40 }, (_, turn) => fail(turn)))
  }

  it('is that of the connection on Node, which the deployer may count by where clients connect directly', async () => {
    const answers = await failOverHttp({ throttle: { clientAddress: getSocketAddress } })
    expect(answers.filter((status) => status === 401)).toHaveLength(30)
  })

  it('is nobody’s on a connection from this machine, where a proxy may be', async () => {
    expect(new Set(await failOverHttp())).toEqual(new Set([401]))
  })

  it('is what the deployer says, be it private, or no address at all', async () => {
    for (const address of ['10.0.0.1', 'device 7']) {
      const { wrong } = createStreet()
      const answers = await times(40, (turn) => wrong(address, `user-${turn}`))
      expect(statuses(answers).filter((status) => status === 401)).toHaveLength(30)
    }
  })
})

describe('a code', () => {
  const base = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
  const fields = { otp: { label: 'Code', type: 'otp' as const } }
  const carrying: ProviderDescription = {
    ...base,
    grants: { ...base.grants, otp: { clientAuth: 'none' } },
    errors: {
      challenges: [
        { when: { code: 'mfa_required' }, fields, forward: { mfa_token: '/mfa_token' }, grant: 'otp' },
      ],
    },
  }
  const again: ProviderDescription = {
    ...base,
    errors: { challenges: [{ when: { code: 'mfa_required' }, fields, grant: 'password' }] },
  }
  let given = 0
  const asking: Reply = ({ parameters }) => {
    const otp = parameters.get('otp')
    if (otp === '123456') return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
    given += 1
    return otp === null || otp === 'again'
      ? Response.json({ error: 'mfa_required', mfa_token: `mfa-${given}` }, { status: 403 })
      : Response.json({ error: 'invalid_grant' }, { status: 403 })
  }

  function createDoor(provider: ProviderDescription = carrying, reply: Reply = asking) {
    const street = createStreet(reply, { provider })
    const begin = async (): Promise<string> => (await street.from(home)).body.challenge?.id ?? ''
    const answerWith = (otp: string, challenge: string, typed: object = credentials): Promise<Answer> =>
      street.ask('POST', '/session', { credentials: { ...typed, otp }, challenge }, { 'X-Client': home })
    return { ...street, begin, answerWith }
  }

  it('may be wrong four times, and the fifth wrong one ends the challenge', async () => {
    const { begin, answerWith, endpoint } = createDoor()
    const id = await begin()
    const four = await times(4, () => answerWith('000000', id))
    for (const { body } of four)
      expect(body).toMatchObject({
        error: 'invalid_credentials',
        challenge: { fields: [{ name: 'otp' }], id },
      })
    const fifth = await answerWith('000000', id)
    expect([fifth.body.error, fifth.body.challenge]).toEqual(['invalid_credentials', undefined])
    const next = await answerWith('123456', id)
    expect(next.body.error).toBe('challenge_required')
    expect(next.body.challenge?.id).not.toBe(id)
    expect(endpoint.requests.at(-1)?.parameters.get('grant_type')).toBe('password')
  })

  it('may be right at the fifth try', async () => {
    const { begin, answerWith } = createDoor()
    const id = await begin()
    await times(4, () => answerWith('000000', id))
    expect((await answerWith('123456', id)).status).toBe(200)
  })

  it('of which hundreds are tried at once is sent five times', async () => {
    const { begin, answerWith, endpoint } = createDoor()
    const id = await begin()
    await Promise.all(Array.from({ length: 200 }, (_, turn) => answerWith(String(turn), id, { otp: '' })))
    const sent = endpoint.requests.filter(({ parameters }) => parameters.has('otp'))
    expect(sent).toHaveLength(5)
  })

  it('that meets an outage is not used up', async () => {
    const { begin, answerWith, endpoint, bff } = createDoor()
    const id = await begin()
    endpoint.script(json({}, 503))
    await times(12, async () => {
      expect((await answerWith('123456', id)).status).toBe(503)
      await bff.close()
    })
    endpoint.script(asking)
    expect((await answerWith('123456', id)).status).toBe(200)
  })

  it('is wrong when the same is asked again, and goes on with what came last', async () => {
    const { begin, answerWith, endpoint } = createDoor()
    const id = await begin()
    const first = endpoint.requests.length
    const answers = await times(4, () => answerWith('again', id))
    for (const { body } of answers)
      expect(body).toMatchObject({ error: 'invalid_credentials', challenge: { id } })
    const tokens = endpoint.requests.slice(first).map(({ parameters }) => parameters.get('mfa_token'))
    expect(new Set(tokens).size).toBe(4)
    expect((await answerWith('again', id)).body.challenge).toBeUndefined()
  })

  it.each([
    ['of its own grant', carrying],
    ['sent with everything again', again],
  ])('%s counts for the account of whom it is, and waits with the challenge kept', async (_, provider) => {
    const { begin, answerWith, clock } = createDoor(provider)
    for (const id of [await begin(), await begin()]) await times(5, () => answerWith('000000', id))
    const id = await begin().then(async (none) => none || (await clock.pass(60), begin()))
    expect((await answerWith('000000', id)).status).toBe(401)
    expect(await answerWith('123456', id)).toMatchObject({ status: 429, body: { retry_after: 60 } })
    await clock.pass(60)
    expect((await answerWith('123456', id)).status).toBe(200)
  })

  it('counts for the account that is typed with it, whoever began', async () => {
    const { begin, answerWith, wrong } = createDoor(again)
    for (const id of [await begin(), await begin()])
      await times(5, () => answerWith('000000', id, { username: 'dora', password: 'guessed' }))
    expect((await wrong(home, 'dora')).status).toBe(429)
    expect((await wrong(home)).body.error).toBe('challenge_required')
  })

  it('opens a session of the user that is typed with it', async () => {
    const { begin, answerWith } = createDoor(again)
    const { body } = await answerWith('123456', await begin(), { username: 'dora', password: 'her own' })
    expect(body.session?.user).toEqual({ username: 'dora' })
  })
})

describe('the option throttle', () => {
  it('false holds up nobody', async () => {
    const { wrong, endpoint } = createStreet(server, { throttle: false })
    await times(100, () => wrong(elsewhere))
    expect(endpoint.requests).toHaveLength(100)
  })

  it.each([
    [true, /throttle: is true\. Expected: false or an object with clientAddress/],
    [
      { clientAddress: 'X-Forwarded-For' },
      /throttle\.clientAddress: is a string\. Expected: a function of the request/,
    ],
    [{ attempts: 5 }, /throttle\.attempts: is unknown\. Expected: clientAddress/],
  ])('is refused as %j', (throttle, message) => {
    const options = { throttle } as unknown as Partial<BffOptions>
    expect(() => createStreet(server, options)).toThrow(message)
  })
})

it('tells the log that sign-ins are held up, and neither who nor from where', async () => {
  const { wrong, log } = createStreet()
  const before = log.length
  await times(40, (turn) => wrong(elsewhere, turn < 15 ? 'cathy' : `user-${turn}`))
  await Promise.all(manyAddresses(30).map((address) => wrong(address, 'dora')))
  const lines = log.slice(before).join('\n')
  for (const where of [
    'at one account, from one address',
    'from one address',
    'at one account, from several addresses',
  ])
    expect(lines).toContain(`too many have failed ${where}`)
  for (const name of ['cathy', 'user-', 'dora', '203.0', 'wrong']) expect(lines).not.toContain(name)
})
