import { chromium } from 'playwright-core'
import { findChromium } from '../../scripts/chromium.mjs'
import { delayMs, pageNames, startSite } from '../restore/start-site.mjs'
import { divideRounds } from '../rounds.mjs'

/**
 * Measures how long a page of a signed-in user takes from its navigation to its first data, with the restore script and
 * without it.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureRestore({ quick }, shuffle) {
  const rounds = quick ? 7 : 21
  const executablePath = findChromium()
  if (executablePath === null)
    return { unit: '', rounds: 'no round', notes: ['Chromium is not installed.'], figures: [] }
  const site = await startSite()
  const browser = await chromium.launch({ executablePath })
  /** @type {Record<import('../restore/start-site.mjs').PageName, number[]>} */
  const times = { 'without the script': [], 'script inline': [], 'script as a file': [] }
  try {
    // The first round is not counted: it starts the processes of the browser.
    for (let round = 0; round <= rounds; round += 1)
      for (const name of shuffle(pageNames)) {
        const time = await loadPage(name)
        if (round > 0) times[name].push(time)
      }
  } finally {
    await browser.close()
    site.close()
  }
  const { 'without the script': without, 'script inline': inline, 'script as a file': file } = times
  const format = (/** @type {number} */ value) => `${value.toFixed(0)} ms`
  return {
    unit: 'time to the first data',
    rounds: `${rounds} rounds`,
    notes: [],
    figures: [
      // Three of four trips, and what the browser does besides.
      {
        title: 'script inline',
        against: 'without the script',
        values: divideRounds(inline, without),
        goal: 0.85,
      },
      {
        title: 'script as a file',
        against: 'without the script',
        values: divideRounds(file, without),
        goal: null,
      },
      { title: 'without the script', values: without, goal: null, format },
      {
        title: 'saved by the script inline',
        against: `one trip of ${delayMs} ms`,
        values: without.map((time, round) => time - (inline[round] ?? NaN)),
        goal: null,
        format,
      },
    ],
  }

  /**
   * Loads a page in a new profile, and returns the milliseconds from its navigation to its first data.
   *
   * @param {import('../restore/start-site.mjs').PageName} name
   */
  async function loadPage(name) {
    const context = await browser.newContext()
    try {
      site.requests.length = 0
      const page = await context.newPage()
      await page.goto(site.getUrl(name))
      await page.waitForFunction(() => 'firstDataAt' in globalThis)
      const count = site.requests.filter((path) => path === '/auth/session').length
      if (count !== 1) throw new Error(`${name}: ${count} requests for the session`)
      return await page.evaluate(
        () => /** @type {{ firstDataAt: number }} */ (/** @type {unknown} */ (globalThis)).firstDataAt,
      )
    } finally {
      await context.close()
    }
  }
}
