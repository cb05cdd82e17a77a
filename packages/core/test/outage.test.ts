import { describe, expect, it } from 'vitest'
import { createErrorResponse } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

const hour = 3_600_000
const outage = () => createErrorResponse(503, 'temporarily_unavailable')

/** Opens a page whose token has expired, at the start of an outage. */
async function openPageInOutage(seed: number) {
  const setup = createSetup({ signedInAs: 'cathy', random: createRandom(seed) })
  const { client } = setup.openPage()
  await client.ready()
  await setup.browser.sleep(2 * hour)
  setup.bff.intercept(outage)
  const requestCount = setup.browser.requests.length
  return { ...setup, client, countRequests: () => setup.browser.requests.length - requestCount }
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('an outage, with the random numbers of seed %i', (seed) => {
  it('of ten minutes costs at most 45 requests, although a caller asks every second, and ends no session', async () => {
    const { client, browser, countRequests } = await openPageInOutage(seed)
    for (let second = 0; second < 600; second += 1) {
      await client.getAccessToken().catch(() => {})
      await browser.advance(1_000)
    }
    expect(countRequests()).toBeLessThanOrEqual(45)
    expect(countRequests()).toBeGreaterThanOrEqual(15)
    expect(client.getState().status).toBe('signed-in')
  })

  it.each([
    [0, 500],
    [5, 8_000],
    [60, 30_000],
    [600, 30_000],
  ])('of %i seconds delays callers by at most %i ms more', async (outageSeconds, maxDelayMs) => {
    const { client, browser, bff } = await openPageInOutage(seed)
    await client.getAccessToken().catch(() => {})
    for (let second = 0; second < outageSeconds; second += 1) {
      await browser.advance(1_000)
      await client.getAccessToken().catch(() => {})
    }
    bff.intercept(null)
    const isServed = () =>
      client.getAccessToken().then(
        () => true,
        () => false,
      )
    let delayMs = 0
    for (; delayMs <= maxDelayMs && !(await isServed()); delayMs += 50) await browser.advance(50)
    expect(delayMs).toBeLessThanOrEqual(maxDelayMs)
  })
})

/** Creates reproducible random numbers in [0, 1). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
