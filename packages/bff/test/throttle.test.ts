import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { BffOptions, ProviderDescription } from '../src/index.ts'
import { BffError, createBff, setSocketAddress } from '../src/index.ts'
import { createSignInKeys } from '../src/guards/sign-in-keys.ts'
import { addFailure, getWaitMs } from '../src/guards/throttle-limits.ts'
import { createRecentMap } from '../src/guards/throttle-records.ts'
import { nodePlatform } from '../src/platform.ts'
import { toNodeListener } from '../src/node.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createThrottle } from '../src/guards/throttle.ts'
import type { BrowserResponse } from './support/browser.ts'
import {
  createBrowser,
  createTestLogger,
  createTestBff,
  credentials,
  flushPromises,
} from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { failWithCode, createTokenEndpoint, json } from './support/token-endpoint.ts'

const homeAddress = '198.51.100.7'
const otherAddress = '203.0.113.9'

/** Accepts one account. */
const tokenReply: Reply = ({ parameters }) =>
  parameters.get('username') === credentials.username && parameters.get('password') === credentials.password
    ? Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
    : Response.json({ error: 'invalid_grant' }, { status: 400 })

/** A BFF behind a proxy, whose sign-ins come from given addresses, each in another browser; `''` is unknown. */
function createSetup(reply: Reply = tokenReply, options: Partial<BffOptions> = {}) {
  const setup = createTestBff(reply, { trustProxy: 1, ...options })
  const signInFrom = (address: string, changes: Partial<typeof credentials> = {}): Promise<BrowserResponse> =>
    setup
      .openBrowser()
      .sendRequest(
        'POST',
        '/session',
        { credentials: { ...credentials, ...changes } },
        { 'X-Forwarded-For': address },
      )
  return {
    ...setup,
    signInFrom,
    failFrom: (address: string, username = credentials.username) =>
      signInFrom(address, { username, password: 'wrong' }),
  }
}

async function repeat<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let index = 0; index < count; index += 1) results.push(await act(index))
  return results
}

const getStatuses = (responses: BrowserResponse[]): number[] => responses.map(({ status }) => status)

const createAddresses = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `203.0.${index >> 8}.${index & 255}`)

describe('a client that fails repeatedly at one account from one address', () => {
  it('may fail ten times, then gets 429, and nothing is sent to the authorization server', async () => {
    const { failFrom, endpoint } = createSetup()
    expect(new Set(getStatuses(await repeat(10, () => failFrom(otherAddress))))).toEqual(new Set([401]))
    const response = await failFrom(otherAddress)
    expect(response).toMatchObject({ status: 429, body: { error: 'rate_limited', retry_after: 60 } })
    expect(response.headers.get('Retry-After')).toBe('60')
    expect(endpoint.requests).toHaveLength(10)
  })

  it('gets the seconds until the next attempt is accepted, which attempts in between do not prolong', async () => {
    const { failFrom, signInFrom, clock } = createSetup()
    await repeat(10, () => failFrom(otherAddress))
    await clock.pass(12.5)
    const { retry_after: wait = 0 } = (await failFrom(otherAddress)).body
    expect(wait).toBe(48)
    await repeat(50, () => failFrom(otherAddress))
    await clock.pass(wait - 1)
    expect((await signInFrom(otherAddress)).body).toMatchObject({ error: 'rate_limited', retry_after: 1 })
    await clock.pass(1)
    expect((await signInFrom(otherAddress)).status).toBe(200)
  })

  it('gets at most one attempt a minute through', async () => {
    const { failFrom, clock, endpoint } = createSetup()
    await repeat(240, async () => {
      await failFrom(otherAddress)
      await clock.pass(15)
    })
    expect(endpoint.requests.length).toBeLessThanOrEqual(10 + 60)
  })

  it('may fail ten times again after a success', async () => {
    const { failFrom, signInFrom } = createSetup()
    await repeat(9, () => failFrom(homeAddress))
    expect((await signInFrom(homeAddress)).status).toBe(200)
    expect(new Set(getStatuses(await repeat(10, () => failFrom(homeAddress))))).toEqual(new Set([401]))
  })

  it('gets ten of hundreds of concurrent attempts through', async () => {
    const { failFrom, endpoint } = createSetup()
    const responses = await Promise.all(Array.from({ length: 300 }, () => failFrom(otherAddress)))
    expect(endpoint.requests).toHaveLength(10)
    expect(getStatuses(responses).filter((status) => status === 429)).toHaveLength(290)
  })

  it('cannot find out whether an account exists', async () => {
    const { failFrom } = createSetup()
    const describeResponse = ({ status, text, headers }: BrowserResponse) => ({
      status,
      text,
      wait: headers.get('Retry-After'),
    })
    const known = await repeat(12, () => failFrom(otherAddress))
    const unknown = await repeat(12, () => failFrom(otherAddress, 'nobody'))
    expect(unknown.map(describeResponse)).toEqual(known.map(describeResponse))
  })

  it('gains nothing by another spelling of the username, which is sent unchanged', async () => {
    const { failFrom, endpoint } = createSetup()
    const spellings = ['cathy', 'Cathy', 'CATHY', ' cathy', 'cathy ', 'ｃａｔｈｙ', 'Ｃathy']
    const responses = await repeat(21, (index) => failFrom(otherAddress, spellings[index % spellings.length]))
    expect(getStatuses(responses).filter((status) => status === 401)).toHaveLength(10)
    expect(endpoint.requests.slice(0, 7).map(({ parameters }) => parameters.get('username'))).toEqual(
      spellings,
    )
  })

  it('gains nothing by other addresses of the same IPv6 subscriber', async () => {
    const { failFrom, signInFrom } = createSetup()
    await repeat(10, (index) => failFrom(`2001:db8:1:2::${index}`))
    expect((await failFrom('2001:DB8:1:2:ffff::1')).status).toBe(429)
    expect((await signInFrom('2001:db8:1:3::1')).status).toBe(200)
  })
})

describe('a sign-in that fails for another reason than wrong credentials', () => {
  const base = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
  const provider: ProviderDescription = {
    ...base,
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
    ['a user who may not sign in', json({ error: 'not_here' }, 403), 403],
    ['a rejected client', json({ error: 'invalid_client' }, 401), 502],
    ['an outage', json({}, 503), 503],
    ['a rate limit of the authorization server', json({}, 429), 429],
    ['a server that cannot be reached', failWithCode('ECONNREFUSED'), 503],
  ])('is not counted: %s', async (_, reply, status) => {
    const { signInFrom, endpoint } = createSetup(reply, { provider })
    expect(new Set(getStatuses(await repeat(40, () => signInFrom(homeAddress))))).toEqual(new Set([status]))
    expect(endpoint.requests).toHaveLength(40)
    endpoint.script(tokenReply)
    expect((await signInFrom(homeAddress)).status).toBe(200)
  })
})

describe('an attacker', () => {
  it('at one address cannot delay a user at another address', async () => {
    const { failFrom, signInFrom, clock } = createSetup()
    const responses = await repeat(40, async () => {
      await failFrom(otherAddress)
      await clock.pass(17)
      await failFrom(otherAddress)
      return signInFrom(homeAddress)
    })
    expect(new Set(getStatuses(responses))).toEqual(new Set([200]))
  })

  it('at hundreds of addresses gets twenty attempts through', async () => {
    const { failFrom, endpoint } = createSetup()
    await Promise.all(createAddresses(300).map((address) => failFrom(address)))
    expect(endpoint.requests).toHaveLength(20)
  })

  it('at a hundred addresses cannot delay a user who signed in from the same address within 30 days', async () => {
    const { failFrom, signInFrom, clock } = createSetup()
    await signInFrom(homeAddress)
    await clock.pass(29 * 86_400)
    await Promise.all(createAddresses(100).map((address) => failFrom(address)))
    expect((await failFrom(homeAddress)).status).toBe(401)
    expect((await signInFrom(homeAddress)).status).toBe(200)
    await clock.pass(30 * 86_400)
    await Promise.all(createAddresses(100).map((address) => failFrom(address)))
    expect((await signInFrom(homeAddress)).status).toBe(429)
  })

  it('at a hundred addresses delays a user at a new address by one minute, even if the attack goes on', async () => {
    const { failFrom, signInFrom, clock } = createSetup()
    const attack = () => Promise.all(createAddresses(100).map((address) => failFrom(address)))
    await attack()
    const { retry_after: wait = 0 } = (await signInFrom(homeAddress)).body
    expect(wait).toBe(60)
    await repeat(wait, async (index) => {
      if (index % 20 === 0) await attack()
      if (index > 0) expect((await signInFrom(homeAddress)).body.retry_after).toBe(wait - index)
      await clock.pass(1)
    })
    await attack()
    expect((await signInFrom(homeAddress)).status).toBe(200)
  })

  it('gains nothing by attempts that fail with an outage', async () => {
    const { failFrom, clock, endpoint } = createSetup()
    const attack = (addresses: string[]) => Promise.all(addresses.map((address) => failFrom(address)))
    await attack(createAddresses(30))
    await clock.pass(60)
    endpoint.script(json({}, 503))
    await attack(createAddresses(30))
    endpoint.script(tokenReply)
    const others = await attack(createAddresses(60).slice(30))
    expect(getStatuses(others).filter((status) => status === 401)).toHaveLength(1)
  })

  it('at many accounts is limited by its address, without delaying users known there', async () => {
    const { failFrom, signInFrom, endpoint, clock } = createSetup()
    await signInFrom(otherAddress)
    const responses = await repeat(300, (index) => failFrom(otherAddress, `user-${index}`))
    expect(getStatuses(responses).filter((status) => status === 401)).toHaveLength(30)
    expect(responses.at(-1)?.body.retry_after).toBe(10)
    expect(endpoint.requests).toHaveLength(31)
    expect((await failFrom(homeAddress, 'user-0')).status).toBe(401)
    expect((await signInFrom(otherAddress)).status).toBe(200)
    await clock.pass(10)
    expect((await failFrom(otherAddress, 'user-300')).status).toBe(401)
  })

  it('at an address where many users are known is limited as well', async () => {
    const acceptAll = json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
    const { failFrom, signInFrom, endpoint } = createSetup(acceptAll)
    await repeat(4, (index) => signInFrom(otherAddress, { username: `user-${index}` }))
    endpoint.script(tokenReply)
    await repeat(32, (index) => failFrom(otherAddress, `user-${index % 4}`))
    expect((await failFrom(otherAddress, 'another')).status).toBe(429)
  })

  it('gains nothing by successful sign-ins to its own account in between', async () => {
    const { failFrom, signInFrom } = createSetup()
    const responses = await repeat(100, async (index) => {
      await signInFrom(otherAddress)
      return failFrom(otherAddress, `user-${index}`)
    })
    expect(getStatuses(responses).filter((status) => status === 401)).toHaveLength(30)
  })

  it('cannot push counts out of memory with a flood of usernames', async () => {
    let now = 0
    const throttle = createThrottle({
      store: null,
      createKeys: createSignInKeys('provider', [], true),
      platform: { ...nodePlatform, now: () => now },
      logger: createTestLogger(),
    })
    const failAt = (username: string): Promise<string> =>
      throttle
        .run<string>({ username, address: otherAddress, device: 'device' }, async () => {
          throw new BffError('invalid_credentials', 'wrong')
        })
        .catch((error: unknown) => (error instanceof BffError ? error.code : 'another'))
    await repeat(10, () => failAt('cathy'))
    const flood = await repeat(51_000, (index) => failAt(`user-${index}`))
    expect(flood.filter((code) => code === 'invalid_credentials')).toHaveLength(20)
    now += 10_000
    expect(await failAt('cathy')).toBe('rate_limited')
    expect(await failAt('user-51000')).toBe('invalid_credentials')
  }, 30_000)
})

describe('counted failures', () => {
  it('are kept for at least 25,000 keys and at most 50,000: those that failed last', () => {
    const map = createRecentMap<number>()
    const keys = Array.from({ length: 60_000 }, (_, index) => String(index))
    keys.forEach((key, index) => map.set(key, index))
    const kept = keys.filter((key) => map.get(key) !== undefined)
    expect(kept).toEqual(keys.slice(-kept.length))
    expect(kept.length).toBeGreaterThanOrEqual(25_000)
    expect(kept.length).toBeLessThanOrEqual(50_000)
  })

  it('are forgotten one by one', () => {
    const limit = { burst: 2, forgetAfterMs: 1000 }
    const first = addFailure(limit, 0, 0)
    const threeTimes = addFailure(limit, addFailure(limit, first, 0), 0)
    const waits = [0, 400, 1000].map((now) => getWaitMs(limit, threeTimes, now))
    expect([getWaitMs(limit, first, 0), getWaitMs(limit, first, 0, 1), ...waits]).toEqual([
      0, 1000, 1000, 600, 0,
    ])
  })

  it('lock no user out when the clock is set back', async () => {
    const { failFrom, signInFrom, clock } = createSetup()
    await repeat(11, () => failFrom(homeAddress))
    await clock.pass(-86_400)
    expect((await signInFrom(homeAddress)).status).toBe(200)
  })
})

describe('the address of the client', () => {
  const createFixture = (options: Partial<BffOptions> = {}) => {
    const logger = createTestLogger()
    const endpoint = createTokenEndpoint(tokenReply)
    const bff = createBff({
      provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
      logger,
      platform: { fetch: endpoint.fetch, now: () => 0 },
      ...options,
    })
    return { bff, logger, endpoint }
  }

  /** Whether failures from one address, each at another account, count for the other address. */
  async function isSameClient(address: string, otherSpelling: string): Promise<boolean> {
    const { bff } = createFixture()
    const { fetch } = bff
    const { sendRequest } = createBrowser({
      ...bff,
      fetch: (request) => {
        setSocketAddress(request, request.headers.get('X-Test') ?? undefined)
        return fetch(request)
      },
    })
    const failFrom = (username: string, clientAddress: string) =>
      sendRequest(
        'POST',
        '/session',
        { credentials: { username, password: 'x' } },
        { 'X-Test': clientAddress },
      )
    await repeat(30, (index) => failFrom(`user-${index}`, address))
    return (await failFrom('another', otherSpelling)).status === 429
  }

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9', '::ffff:203.0.113.9'],
    ['203.0.113.9', '::ffff:cb00:7109'],
    ['203.0.113.9', '203.0.113.9:50123'],
    ['2001:db8::1', '2001:0DB8:0:0:ffff::2'],
    ['2001:db8::1', '[2001:db8::2]:443'],
    ['2001:db8::1', '2001:db8::3%eth0'],
  ])('%s is the same client as %s', async (address, otherSpelling) => {
    expect(await isSameClient(address, otherSpelling)).toBe(true)
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
  ])('%s is not known to be the same client as %s', async (address, otherSpelling) => {
    expect(await isSameClient(address, otherSpelling)).toBe(false)
  })

  it.each(['172.15.0.1', '172.32.0.1', '100.128.0.1', '192.169.0.1', '11.0.0.1', 'fec0::1'])(
    '%s is a public address',
    async (address) => {
      expect(await isSameClient(address, address)).toBe(true)
    },
  )

  const closers: (() => void)[] = []
  afterEach(() => closers.splice(0).forEach((close) => close()))

  /** Fails at 40 accounts over a real connection, each time with another address in forwarding headers. */
  async function failOverHttp(options: Partial<BffOptions> = {}): Promise<number[]> {
    const listener = createServer(toNodeListener(createFixture(options).bff)).listen(0, '127.0.0.1')
    closers.push(() => listener.close())
    await once(listener, 'listening')
    const base = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
    const fail = async (index: number): Promise<number> => {
      const response = await fetch(`${base}/auth/session`, {
        method: 'POST',
        headers: {
          'X-Latchkey': '1',
          'Sec-Fetch-Site': 'same-origin',
          'Content-Type': 'application/json',
          'X-Forwarded-For': `203.0.113.${index}`,
          Forwarded: `for=203.0.113.${index}`,
          'X-Real-IP': `203.0.113.${index}`,
        },
        body: JSON.stringify({ credentials: { username: `user-${index}`, password: 'x' } }),
      })
      await response.text()
      return response.status
    }
    return Promise.all(Array.from({ length: 40 }, (_, index) => fail(index)))
  }

  it('is that of the connection on Node, when there is no proxy', async () => {
    const responses = await failOverHttp({ trustProxy: false })
    expect(responses.filter((status) => status === 401)).toHaveLength(30)
  })

  it('is unknown for connections from this machine, which may be a proxy’s', async () => {
    expect(new Set(await failOverHttp())).toEqual(new Set([401]))
  })
})

describe('the code of a challenge', () => {
  const base = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
  const fields = { otp: { label: 'Code', type: 'otp' as const } }
  const withContinuation: ProviderDescription = {
    ...base,
    grants: { ...base.grants, otp: { clientAuth: 'none' } },
    errors: {
      challenges: [
        { when: { code: 'mfa_required' }, fields, forward: { mfa_token: '/mfa_token' }, grant: 'otp' },
      ],
    },
  }
  const withRepeatedSignIn: ProviderDescription = {
    ...base,
    errors: { challenges: [{ when: { code: 'mfa_required' }, fields, grant: 'password' }] },
  }
  let issuedCount = 0
  const requireCode: Reply = ({ parameters }) => {
    const otp = parameters.get('otp')
    if (otp === '123456') return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
    issuedCount += 1
    return otp === null || otp === 'again'
      ? Response.json({ error: 'mfa_required', mfa_token: `mfa-${issuedCount}` }, { status: 403 })
      : Response.json({ error: 'invalid_grant' }, { status: 403 })
  }

  function createChallengeSetup(
    provider: ProviderDescription = withContinuation,
    reply: Reply = requireCode,
  ) {
    const setup = createSetup(reply, { provider })
    const begin = async (): Promise<string> => (await setup.signInFrom(homeAddress)).body.challenge?.id ?? ''
    const sendCode = (
      otp: string,
      challenge: string,
      input: object = credentials,
    ): Promise<BrowserResponse> =>
      setup.sendRequest(
        'POST',
        '/session',
        { credentials: { ...input, otp }, challenge },
        { 'X-Forwarded-For': homeAddress },
      )
    return { ...setup, begin, sendCode }
  }

  it('may be wrong four times; the fifth wrong code ends the challenge', async () => {
    const { begin, sendCode, endpoint } = createChallengeSetup()
    const id = await begin()
    const four = await repeat(4, () => sendCode('000000', id))
    for (const { body } of four)
      expect(body).toMatchObject({
        error: 'invalid_credentials',
        challenge: { fields: [{ name: 'otp' }], id },
      })
    const fifth = await sendCode('000000', id)
    expect([fifth.body.error, fifth.body.challenge]).toEqual(['invalid_credentials', undefined])
    const next = await sendCode('123456', id)
    expect(next.body.error).toBe('challenge_required')
    expect(next.body.challenge?.id).not.toBe(id)
    expect(endpoint.requests.at(-1)?.parameters.get('grant_type')).toBe('password')
  })

  it('is accepted at the fifth attempt', async () => {
    const { begin, sendCode } = createChallengeSetup()
    const id = await begin()
    await repeat(4, () => sendCode('000000', id))
    expect((await sendCode('123456', id)).status).toBe(200)
  })

  it('is sent five times when hundreds of codes are tried concurrently', async () => {
    const { begin, sendCode, endpoint } = createChallengeSetup()
    const id = await begin()
    await Promise.all(Array.from({ length: 200 }, (_, index) => sendCode(String(index), id, { otp: '' })))
    const sent = endpoint.requests.filter(({ parameters }) => parameters.has('otp'))
    expect(sent).toHaveLength(5)
  })

  it('uses no attempt when it meets an outage', async () => {
    const { begin, sendCode, endpoint } = createChallengeSetup()
    const id = await begin()
    endpoint.script(json({}, 503))
    await repeat(12, async () => {
      expect((await sendCode('123456', id)).status).toBe(503)
      await flushPromises()
    })
    endpoint.script(requireCode)
    expect((await sendCode('123456', id)).status).toBe(200)
  })

  it('is wrong when the server repeats the challenge, whose new continuation is used', async () => {
    const { begin, sendCode, endpoint } = createChallengeSetup()
    const id = await begin()
    const first = endpoint.requests.length
    const responses = await repeat(4, () => sendCode('again', id))
    for (const { body } of responses)
      expect(body).toMatchObject({ error: 'invalid_credentials', challenge: { id } })
    const tokens = endpoint.requests.slice(first).map(({ parameters }) => parameters.get('mfa_token'))
    expect(new Set(tokens).size).toBe(4)
    expect((await sendCode('again', id)).body.challenge).toBeUndefined()
  })

  it.each([
    ['with a grant of its own', withContinuation],
    ['that repeats the sign-in', withRepeatedSignIn],
  ])('counts for the account of the challenge, which survives the wait: %s', async (_, provider) => {
    const { begin, sendCode, clock } = createChallengeSetup(provider)
    for (const id of [await begin(), await begin()]) await repeat(5, () => sendCode('000000', id))
    const id = await begin().then(async (none) => none || (await clock.pass(60), begin()))
    expect((await sendCode('000000', id)).status).toBe(401)
    expect(await sendCode('123456', id)).toMatchObject({ status: 429, body: { retry_after: 60 } })
    await clock.pass(60)
    expect((await sendCode('123456', id)).status).toBe(200)
  })

  it('counts for the username that is sent with it', async () => {
    const { begin, sendCode, failFrom } = createChallengeSetup(withRepeatedSignIn)
    for (const id of [await begin(), await begin()])
      await repeat(5, () => sendCode('000000', id, { username: 'dora', password: 'guessed' }))
    expect((await failFrom(homeAddress, 'dora')).status).toBe(429)
    expect((await failFrom(homeAddress)).body.error).toBe('challenge_required')
  })

  it('creates a session of the user that is sent with it', async () => {
    const { begin, sendCode } = createChallengeSetup(withRepeatedSignIn)
    const { body } = await sendCode('123456', await begin(), { username: 'dora', password: 'her own' })
    expect(body.session?.user).toEqual({ username: 'dora' })
  })
})

describe('the option throttle', () => {
  it('disables the throttle with false', async () => {
    const { failFrom, endpoint } = createSetup(tokenReply, { throttle: false })
    await repeat(100, () => failFrom(otherAddress))
    expect(endpoint.requests).toHaveLength(100)
  })

  it.each([
    [{ clientAddress: () => '' }, /throttle: is an object\. Expected: true or false/],
    ['off', /throttle: is a string\. Expected: true or false/],
  ])('rejects %j', (throttle, message) => {
    const options = { throttle } as unknown as Partial<BffOptions>
    expect(() => createSetup(tokenReply, options)).toThrow(message)
  })
})

it('logs that sign-ins are throttled, without usernames and addresses', async () => {
  const { failFrom, log } = createSetup()
  const logLength = log.length
  await repeat(40, (index) => failFrom(otherAddress, index < 15 ? 'cathy' : `user-${index}`))
  await Promise.all(createAddresses(30).map((address) => failFrom(address, 'dora')))
  const lines = log.slice(logLength).join('\n')
  for (const where of [
    'at one account from one client',
    'from one address',
    'at one account from several addresses',
  ])
    expect(lines).toContain(`Sign-ins throttled: too many failed ${where}`)
  for (const name of ['cathy', 'user-', 'dora', '203.0', 'wrong']) expect(lines).not.toContain(name)
})
