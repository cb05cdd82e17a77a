import { describe, expect, it } from 'vitest'
import { createClock } from '../src/clock.ts'
import { getRetryDelaysMs, parseRetryAfter } from '../src/retry.ts'
import { AuthError } from '../src/errors.ts'
import { createTestBrowser } from '../src/testing/index.ts'

const hour = 3_600_000

describe('the page clock', () => {
  const createTestClock = () => {
    const browser = createTestBrowser({ network: () => new Response() })
    return { browser, now: createClock(browser.openTab().platform) }
  }

  it('counts the time that the machine sleeps, within two seconds', async () => {
    const { browser, now } = createTestClock()
    const before = now()
    await browser.sleep(8 * hour)
    expect(now() - before).toBeGreaterThanOrEqual(8 * hour - 2000)
    await browser.advance(1000)
    expect(now() - before).toBeGreaterThanOrEqual(8 * hour - 1000)
  })

  it('adds up short periods of sleep', async () => {
    const { browser, now } = createTestClock()
    for (let sleep = 0; sleep < 100; sleep += 1) {
      await browser.sleep(1000)
      now()
    }
    expect(now()).toBeGreaterThanOrEqual(98_000)
  })

  it('does not run faster when the wall clock is a little ahead of the monotonic clock', async () => {
    const { browser, now } = createTestClock()
    const before = now()
    browser.shiftWallClock(1500)
    for (let reading = 0; reading < 100; reading += 1) {
      await browser.advance(100)
      now()
    }
    expect(now() - before).toBe(10_000)
  })

  it('never goes backwards when the user sets the wall clock', async () => {
    const { browser, now } = createTestClock()
    let last = now()
    for (const shift of [hour, -3 * hour, 24 * hour, -24 * hour, -hour]) {
      browser.shiftWallClock(shift)
      await browser.advance(10)
      expect(now()).toBeGreaterThanOrEqual(last)
      last = now()
    }
  })
})

describe('many readings of the page clock', () => {
  const createCountingClock = () => {
    const clock = { date: 1_800_000_000_000, time: 5000, monotonicReadings: 0 }
    const { platform } = createTestBrowser({ network: () => new Response() }).openTab()
    const now = createClock({
      ...platform,
      Date: { ...platform.Date, now: () => clock.date },
      performance: { now: () => ((clock.monotonicReadings += 1), clock.time) },
    })
    return { clock, now }
  }

  it('read the monotonic clock, which is slow in Chromium, once in 50 ms', () => {
    const { clock, now } = createCountingClock()
    now()
    const before = clock.monotonicReadings
    for (let call = 0; call < 1000; call += 1) now()
    expect(clock.monotonicReadings).toBe(before)
    clock.date += 50
    clock.time += 50
    now()
    expect(clock.monotonicReadings).toBe(before + 1)
  })

  it('tell the time to the millisecond in between', () => {
    const { clock, now } = createCountingClock()
    const before = now()
    for (let passed = 1; passed < 120; passed += 1) {
      clock.date += 1
      clock.time += 1
      expect(now() - before).toBe(passed)
    }
  })

  it('see at once that the machine slept or that the user set the wall clock', () => {
    const { clock, now } = createCountingClock()
    const before = now()
    clock.date += hour
    expect(now() - before).toBe(hour)
    clock.date -= hour
    clock.time += 1000
    expect(now() - before).toBe(hour + 1000)
  })
})

describe('the retry delay', () => {
  const outage = new AuthError('temporarily_unavailable', 'outage')
  const rateLimited = (retryAfter: number) => new AuthError('rate_limited', 'slow down', { retryAfter })

  it('of the timer doubles up to one minute, scales with the random number, and is at least 250 ms', () => {
    const maxDelays = Array.from({ length: 9 }, (_, failures) => getRetryDelaysMs(outage, failures, 1)[0])
    expect(maxDelays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect(getRetryDelaysMs(outage, 3, 0.5)[0]).toBe(4000)
    expect(getRetryDelaysMs(outage, 9, 0)[0]).toBe(250)
  })

  it('of a caller doubles from 250 ms to 30 seconds', () => {
    const delays = Array.from({ length: 9 }, (_, failures) => getRetryDelaysMs(outage, failures, 1)[1])
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  })

  it('is at least the Retry-After of the server, and that at most ten minutes', () => {
    expect(getRetryDelaysMs(rateLimited(120), 0, 0)).toEqual([120_000, 120_000])
    expect(getRetryDelaysMs(rateLimited(1), 9, 1)).toEqual([60_000, 30_000])
    expect(getRetryDelaysMs(rateLimited(86_400), 0, 0)).toEqual([600_000, 600_000])
  })

  it.each([
    ['120', 120],
    ['0', 0],
    ['Fri, 15 Jan 2027 08:01:30 GMT', 90],
    ['Fri, 15 Jan 2027 07:00:00 GMT', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [null, undefined],
  ])('parses Retry-After: %s as %s seconds', (header, seconds) => {
    const { platform } = createTestBrowser({ network: () => new Response() }).openTab()
    const Date = { now: () => 1_800_000_000_000, parse: platform.Date.parse }
    expect(parseRetryAfter(header, { ...platform, Date })).toBe(seconds)
  })
})
