import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { embeddedStore } from '../src/stores/embedded-store.ts'
import type { BffOptions, Store } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { deriveAccountName } from '../src/guards/account-name.ts'
import { runs } from './fuzz/runs.ts'
import type { Browser, BrowserResponse, Clock } from './support/browser.ts'
import { createClock, createTestBff, credentials, flushPromises } from './support/browser.ts'
import type { Reply } from './support/token-endpoint.ts'
import { failWithCode, hangUntilReleased } from './support/token-endpoint.ts'

const office = '198.51.100.7'
const attacker = '203.0.113.9'

const accept: Reply = () => Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 })
const reject: Reply = () => Response.json({ error: 'invalid_grant' }, { status: 400 })

/** Accepts one password, of every account. */
const checkPassword: Reply = (request) =>
  request.parameters.get('password') === credentials.password ? accept(request) : reject(request)

interface SignIn {
  username?: string
  password?: string
  /** Absent when it is unknown. */
  address?: string
}

function createSetup(reply: Reply = checkPassword, options: Partial<BffOptions> = {}, clock?: Clock) {
  const setup = createTestBff(reply, { trustProxy: 1, ...options }, clock)
  const signIn = (
    { username = 'cathy', password = credentials.password, address }: SignIn = {},
    browser: Browser = setup.openBrowser(),
  ): Promise<BrowserResponse> =>
    browser.sendRequest(
      'POST',
      '/session',
      { credentials: { username, password } },
      address === undefined ? {} : { 'X-Forwarded-For': address },
    )
  const fail = (from: SignIn = {}, browser?: Browser) => signIn({ ...from, password: 'wrong' }, browser)
  return { ...setup, signIn, fail }
}

async function repeat<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let index = 0; index < count; index += 1) results.push(await act(index))
  return results
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

function countStatuses(responses: BrowserResponse[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

describe('right passwords', () => {
  it('of 45 people of one office at the same time all sign in, at a server that takes its time', async () => {
    const { reply, release } = hangUntilReleased(accept)
    const { signIn, endpoint } = createSetup(reply)
    const responses = range(45).map((index) => signIn({ username: `user-${index}`, address: office }))
    await flushPromises()
    expect(endpoint.requests).toHaveLength(30)
    release()
    expect(countStatuses(await Promise.all(responses))).toEqual({ 200: 45 })
  })

  it('of sixteen tabs at one account all sign in, also when the address is unknown', async () => {
    const { reply, release } = hangUntilReleased(accept)
    const { signIn, endpoint } = createSetup(reply)
    const responses = range(16).map(() => signIn())
    await flushPromises()
    expect(endpoint.requests).toHaveLength(10)
    release()
    expect(countStatuses(await Promise.all(responses))).toEqual({ 200: 16 })
  })

  it('wait five seconds at most, and are then told when to come again', async () => {
    const { signIn, clock, endpoint } = createSetup(() => new Promise(() => {}))
    const responses = range(45).map((index) => signIn({ username: `user-${index}`, address: office }))
    const last = Promise.all(responses.slice(30))
    await flushPromises()
    await clock.pass(5)
    for (const { status, body } of await last)
      expect([status, body.error, body.retry_after]).toEqual([429, 'rate_limited', 5])
    expect(endpoint.requests).toHaveLength(30)
  })

  it('wait in a queue of twenty, in which chance decides', async () => {
    const draw = async (byte: number) => {
      const { signIn } = createSetup(() => new Promise(() => {}), {
        platform: { randomBytes: (size) => new Uint8Array(size).fill(byte) },
      })
      const settled: number[] = []
      for (const index of range(32)) void signIn({ address: office }).then(() => settled.push(index))
      await flushPromises()
      return settled
    }
    const [first, second] = [await draw(0), await draw(1)]
    expect([first.length, second.length]).toEqual([2, 2])
    expect(first).not.toEqual(second)
  })
})

describe('an attacker whose address is unknown, like that of all users', () => {
  it('cannot keep a user out of an account: the next try comes within seconds', async () => {
    const { fail, signIn, clock } = createSetup()
    await repeat(10, () => fail())
    const response = signIn()
    await flushPromises()
    await clock.pass(4)
    expect((await response).status).toBe(200)
  })

  it('who keeps on cannot do so either: chance decides who of those that wait comes next', async () => {
    let seed = 1
    const randomBytes = (size: number): Uint8Array =>
      Uint8Array.from({ length: size }, () => (seed = (seed * 16_807) % 2_147_483_647) & 255)
    const { fail, signIn, clock } = createSetup(checkPassword, { platform: { randomBytes } })
    await repeat(10, () => fail())
    const waits: number[] = []
    for (const _ of range(20)) {
      let status = 0
      let tries = 0
      for (; status !== 200; tries += 1) {
        const attack = range(3).map(() => fail())
        const response = signIn()
        await flushPromises()
        await clock.pass(5)
        status = (await response).status
        await Promise.all(attack)
      }
      waits.push(tries)
    }
    expect(Math.max(...waits)).toBeLessThan(30)
  })

  it('gets ten guesses at an account, and then fifteen a minute', async () => {
    const { fail, clock, endpoint } = createSetup()
    for (const _ of range(60)) {
      const attack = range(5).map(() => fail())
      await flushPromises()
      await clock.pass(5)
      await Promise.all(attack)
    }
    expect(endpoint.requests.length).toBeLessThanOrEqual(10 + (60 * 5) / 4 + 1)
  })

  it('does not delay users of other accounts', async () => {
    const { fail, signIn } = createSetup()
    await Promise.all(range(10).map((index) => repeat(10, () => fail({ username: `user-${index}` }))))
    expect((await signIn({ username: 'dora' })).status).toBe(200)
  })

  it('does not delay a browser that has signed in to the account within 30 days', async () => {
    const { fail, signIn, openBrowser, clock } = createSetup()
    const browser = openBrowser()
    await signIn({}, browser)
    expect([...browser.jar.keys()]).toEqual(['__Host-Http-latchkey', '__Host-Http-latchkey.device'])
    await browser.signOut()
    await clock.pass(29 * 86_400)
    await repeat(10, () => fail())
    expect((await fail({}, browser)).status).toBe(401)
    expect((await signIn({}, browser)).status).toBe(200)
  })

  it('gains nothing by the cookie of its own account, or by one that it made up', async () => {
    const { fail, signIn, openBrowser, clock, endpoint } = createSetup()
    await repeat(10, () => fail())
    const own = openBrowser()
    await signIn({ username: 'mallory' }, own)
    const forging = openBrowser()
    forging.jar.set('__Host-Http-latchkey.device', 'a'.repeat(24))
    const before = endpoint.requests.length
    const responses = [fail({}, own), fail({}, forging)]
    await flushPromises()
    expect(endpoint.requests).toHaveLength(before)
    await clock.pass(5)
    await Promise.all(responses)
  })

  it('gets ten guesses at a known browser too, and then one a minute', async () => {
    const { fail, signIn, openBrowser, endpoint } = createSetup()
    const browser = openBrowser()
    await signIn({}, browser)
    const responses = await repeat(15, () => fail({}, browser))
    expect(countStatuses(responses)).toEqual({ 401: 10, 429: 5 })
    expect(endpoint.requests).toHaveLength(11)
  })

  it('is reported once, with the option that helps', async () => {
    const { fail, clock, log } = createSetup(checkPassword, { trustProxy: false })
    for (const _ of range(3)) {
      const responses = range(15).map(() => fail())
      await flushPromises()
      await clock.pass(5)
      await Promise.all(responses)
    }
    expect(log.filter((line) => line.includes('`trustProxy`'))).toHaveLength(1)
  })
})

describe('the device cookie', () => {
  it('is HttpOnly, for one host, for 30 days, and stays when the user signs out or signs in again', async () => {
    const { signIn, openBrowser } = createSetup()
    const browser = openBrowser()
    const [, cookie = ''] = (await signIn({}, browser)).headers.getSetCookie()
    expect(cookie).toMatch(
      /^__Host-Http-latchkey\.device=[\w-]{24}; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=2592000$/,
    )
    await browser.signOut()
    expect((await signIn({}, browser)).headers.getSetCookie()[1]).toBe(cookie)
  })

  it('is not set without the throttle, which is all that uses it', async () => {
    const { signIn } = createSetup(checkPassword, { throttle: false })
    expect((await signIn()).headers.getSetCookie()).toHaveLength(1)
  })

  it('is not set when the sign-in fails', async () => {
    const { fail } = createSetup()
    expect((await fail()).headers.getSetCookie()).toEqual([])
  })
})

describe('a server that hangs up on wrong passwords', () => {
  const hangUp: Reply = (request) =>
    request.parameters.get('password') === credentials.password
      ? accept(request)
      : failWithCode('ECONNRESET')(request)

  it('gets ten guesses of an address at an account, and then one a minute', async () => {
    const { fail, endpoint } = createSetup(hangUp)
    const responses = await repeat(25, () => fail({ address: attacker }))
    expect(countStatuses(responses)).toEqual({ 503: 10, 429: 15 })
    expect(endpoint.requests).toHaveLength(10)
  })

  it('gets thirty guesses of an address at all accounts, and then six a minute', async () => {
    const { fail, endpoint } = createSetup(hangUp)
    await repeat(60, (index) => fail({ address: attacker, username: `user-${index}` }))
    expect(endpoint.requests).toHaveLength(30)
  })

  it('locks nobody out, however many addresses it hangs up on', async () => {
    const { fail, signIn } = createSetup(hangUp)
    await repeat(50, (index) => fail({ address: `203.0.113.${index}` }))
    expect((await signIn({ address: office })).status).toBe(200)
  })
})

describe('spellings of a username', () => {
  it('share one count, whatever accents they have', async () => {
    const { fail, endpoint } = createSetup()
    const spellings = [
      ...['victim', 'VICTIM', ' victim ', 'vïctím', 'vìctim', 'v\u200Bictim', 'ｖｉｃｔｉｍ', 'vi\u0327ctim'],
      ...[
        'vic\u00ADtim',
        'victi\u0001m',
        'VİCTIM',
        'vıctım',
        '𝐯𝐢𝐜𝐭𝐢𝐦',
        'victim\u{E0101}',
        '\u2066victim\u2069',
      ],
    ]
    await repeat(60, (index) =>
      fail({ address: attacker, username: spellings[index % spellings.length] ?? '' }),
    )
    expect(endpoint.requests).toHaveLength(10)
    expect(endpoint.requests[3]?.parameters.get('username')).toBe('vïctím')
  })

  it.each([
    ['cathy+work@example.com', 'cathy@example.com'],
    ['cathy.w@example.com', 'cathyw@example.com'],
    ['cathy', 'kathy'],
    ['cat hy', 'cathy'],
    ['сathy', 'cathy'],
  ])('are none of another account: %s, %s', (username, other) => {
    expect(deriveAccountName(username)).not.toBe(deriveAccountName(other))
  })

  it('are at least those that a comparison without case and accents takes for the same Latin name', () => {
    const { compare } = new Intl.Collator('und', { sensitivity: 'base' })
    const plain = [...Array.from('abcdefghijklmnopqrstuvwxyz0123456789'), 'ae', 'oe', 'ss', 'ff', 'fi']
    // Latin-1 to Latin Extended-A, Latin Extended Additional, and digits of several scripts.
    const blocks: [number, number][] = [
      ...[
        [0xc0, 0x17f],
        [0x1e00, 0x1eff],
        [0x660, 0x669],
        [0x966, 0x96f],
        [0xff10, 0xff19],
      ],
    ] as [number, number][]
    const letters = blocks.flatMap(([first, last]) =>
      range(last - first + 1).map((offset) => String.fromCodePoint(first + offset)),
    )
    const pairs = letters.flatMap((letter) => {
      const same = plain.find((text) => compare(text, letter) === 0)
      return same === undefined || /[Ŀŀ]/.test(letter) ? [] : [{ letter, same }]
    })
    expect(pairs.length).toBeGreaterThan(350)
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pairs)), (name) => {
        const written = name.map(({ letter }) => letter).join('')
        expect(deriveAccountName(written)).toBe(deriveAccountName(name.map(({ same }) => same).join('')))
      }),
      runs(500),
    )
  })

  it('are folded the same way twice, and without case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const folded = deriveAccountName(name)
        expect([deriveAccountName(folded), deriveAccountName(` ${name} `)]).toEqual([folded, folded])
        expect(deriveAccountName(name.normalize('NFD'))).toBe(deriveAccountName(name.normalize('NFC')))
      }),
      runs(1000),
    )
  })
})

/** A store that outlives its processes, as far as these can see. */
const createDurableStore = (clock: Clock): Store => ({
  ...memoryStore({ now: clock.now }),
  isVolatile: false,
})

describe('counts in a store', () => {
  const folders: string[] = []
  const closers: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()))
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })

  it('survive a restart, and so do known addresses and browsers', async () => {
    const path = mkdtempSync(join(tmpdir(), 'latchkey-throttle-'))
    folders.push(path)
    const clock = createClock()
    const open = (): Store => embeddedStore({ path, now: clock.now })
    const firstStore = open()
    const first = createSetup(checkPassword, { store: firstStore }, clock)
    const browser = first.openBrowser()
    await first.signIn({ address: office }, browser)
    await repeat(10, () => first.fail({ address: attacker }))
    await first.bff.close()
    await firstStore.close()

    const store = open()
    closers.push(() => store.close())
    const second = createSetup(checkPassword, { store }, clock)
    expect((await second.fail({ address: attacker })).status).toBe(429)
    await Promise.all(range(100).map((index) => second.fail({ address: `203.0.113.${index}` })))
    expect((await second.signIn({ address: '192.0.2.1' })).status).toBe(429)
    expect((await second.signIn({ address: office })).status).toBe(200)
    const restarted = second.openBrowser()
    for (const [name, value] of browser.jar) restarted.jar.set(name, value)
    expect((await second.signIn({ address: '192.0.2.2' }, restarted)).status).toBe(200)
  })

  it('are shared by two processes', async () => {
    const clock = createClock()
    const store = createDurableStore(clock)
    const first = createSetup(checkPassword, { store }, clock)
    const second = createSetup(checkPassword, { store }, clock)
    const responses = await repeat(20, (index) =>
      (index % 2 === 0 ? first : second).fail({ address: attacker }),
    )
    expect(countStatuses(responses)).toEqual({ 401: 10, 429: 10 })
  })

  it('lose no failure when two processes count at once', async () => {
    const clock = createClock()
    const store = createDurableStore(clock)
    const first = createSetup(checkPassword, { store }, clock)
    const second = createSetup(checkPassword, { store }, clock)
    await Promise.all(range(10).map((index) => (index % 2 ? first : second).fail({ address: attacker })))
    const statuses = await Promise.all([first, second].map(({ fail }) => fail({ address: attacker })))
    expect(countStatuses(statuses)).toEqual({ 429: 2 })
  })

  it('are kept in memory while the store fails, and the log says so', async () => {
    const clock = createClock()
    const working = createDurableStore(clock)
    let isFailing = false
    const failing = new Proxy(working, {
      get: (target, name: keyof Store) =>
        isFailing ? () => Promise.reject(new Error('full')) : target[name],
    })
    const { fail, log, endpoint } = createSetup(checkPassword, { store: failing }, clock)
    await repeat(5, () => fail({ address: attacker }))
    isFailing = true
    const during = await repeat(10, () => fail({ address: attacker }))
    expect(countStatuses(during)).toEqual({ 401: 5, 429: 5 })
    isFailing = false
    expect((await fail({ address: attacker })).status).toBe(429)
    expect(endpoint.requests).toHaveLength(10)
    expect(log.filter((line) => line.includes('in the memory of this process'))).toHaveLength(1)
  })

  it('contain no username and no address', async () => {
    const stored: string[] = []
    const clock = createClock()
    const store = createDurableStore(clock)
    const insert: Store['insert'] = (key, record) => {
      stored.push(key, ...record.indexNames, Buffer.from(record.sealed).toString())
      return store.insert(key, record)
    }
    const { fail, signIn } = createSetup(checkPassword, { store: { ...store, insert } }, clock)
    await fail({ address: attacker })
    await signIn({ address: attacker })
    expect(stored.length).toBeGreaterThan(0)
    expect(stored.join('\n')).not.toMatch(/cathy|203\.0/i)
  })

  it('know thirty devices and addresses of an account, so that no user fills the store', async () => {
    let size = 0
    const clock = createClock()
    const store = createDurableStore(clock)
    const replace: Store['replace'] = (key, record, version) => {
      size = Math.max(size, record.sealed.length)
      return store.replace(key, record, version)
    }
    const { signIn } = createSetup(checkPassword, { store: { ...store, replace } }, clock)
    await repeat(60, (index) => signIn({ address: `203.0.113.${index}` }))
    expect(size).toBeGreaterThan(1000)
    expect(size).toBeLessThan(3000)
  })
})
