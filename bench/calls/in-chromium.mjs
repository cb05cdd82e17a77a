import { createServer } from 'node:http'
import { once } from 'node:events'
import { chromium } from 'playwright-core'
import { findChromium } from '../../scripts/chromium.mjs'
import { buildPage } from '../build-page.mjs'

/**
 * Times the calls in a page in headless Chromium.
 *
 * @param {import('./time-calls.mjs').CallName[][]} orders
 * @returns {Promise<Record<import('./time-calls.mjs').CallName, number[]> | null>} `null` without a Chromium
 */
export async function timeCallsInChromium(orders) {
  const executablePath = findChromium()
  if (executablePath === null) return null
  const script = await buildPage(import.meta.dirname)
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  const browser = await chromium.launch({ executablePath })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${address.port}/`)
    await page.waitForFunction(() => 'measure' in globalThis)
    return await page.evaluate(
      (list) => /** @type {{ measure: Function }} */ (/** @type {unknown} */ (globalThis)).measure(list),
      orders,
    )
  } finally {
    await browser.close()
    server.close()
  }
}
