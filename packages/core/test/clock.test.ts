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
    for (let sleep = 0; sleep < 100; sleep += 1) await browser.sleep(1000)
    expect(now()).toBeGreaterThanOrEqual(98_000)
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

describe('the retry delay', () => {
  const outage = new AuthError('temporarily_unavailable', 'outage')
  const rateLimited = (retryAfter: number) => new AuthError('rate_limited', 'slow down', { retryAfter })

  it('of the timer doubles up to one minute, scales with the random number, and is at least 250 ms', () => {
    const maxDelays = Array.from({ length: 9 }, (_, failures) => getRetryDelaysMs(outage, failures, 1)[0])
    expect(maxDelays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect(getRetryDelaysMs(outage, 3, 0.5)[0]).toBe(4000)
    expect(getRetryDelaysMs(outage, 9, 0)[0]).toBe(250)
  })

  it('of a caller doubles from 250 ms to eight seconds', () => {
    const delays = Array.from({ length: 7 }, (_, failures) => getRetryDelaysMs(outage, failures, 1)[1])
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000])
  })

  it('is at least the Retry-After of the server, and that at most ten minutes', () => {
    expect(getRetryDelaysMs(rateLimited(120), 0, 0)).toEqual([120_000, 120_000])
    expect(getRetryDelaysMs(rateLimited(1), 9, 1)).toEqual([60_000, 8_000])
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
