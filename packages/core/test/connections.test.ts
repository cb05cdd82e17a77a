import { expect, it } from 'vitest'
import { createAuthClient } from '../src/index.ts'
import { createFakeBff, createTestBrowser } from '../src/testing/index.ts'

/** As many connections as browsers open to one host with HTTP/1.1; a response occupies one until its body ends. */
const connectionCount = 6

it('six rejected requests whose bodies never end do not block the refresh, and all are repeated', async () => {
  const bff = createFakeBff()
  let busyCount = 0
  const waiting: (() => void)[] = []
  const release = (): void => {
    busyCount -= 1
    waiting.shift()?.()
  }
  const browser = createTestBrowser({
    cookie: bff.startSession('cathy'),
    network: async (request) => {
      if (busyCount === connectionCount) await new Promise<void>((resolve) => waiting.push(resolve))
      busyCount += 1
      const isForBff = new URL(request.url).pathname.startsWith('/auth/')
      if (!isForBff && !bff.acceptsToken(request))
        return new Response(new ReadableStream({ cancel: release }), { status: 401 })
      const response = isForBff ? await bff.fetch(request) : new Response('items')
      release()
      return response
    },
  })
  const client = createAuthClient({ platform: browser.openTab().platform })
  await client.ready()
  bff.revokeTokens()
  const requests = Array.from({ length: connectionCount }, (_, index) => client.fetch(`/api/items/${index}`))
  await browser.advance(10_000)
  const texts = await Promise.all(requests.map(async (request) => (await request).text()))
  expect(texts).toEqual(Array.from({ length: connectionCount }, () => 'items'))
  expect(bff.grantCount()).toBe(1)
})

it('a rejected stream keeps its body, because the caller gets that response', async () => {
  const bff = createFakeBff()
  const browser = createTestBrowser({
    cookie: bff.startSession('cathy'),
    network: (request) =>
      new URL(request.url).pathname.startsWith('/auth/')
        ? bff.fetch(request)
        : new Response('the token has expired', { status: 401 }),
  })
  const client = createAuthClient({ platform: browser.openTab().platform })
  await client.ready()
  const body = new ReadableStream({ start: (controller) => controller.close() })
  const response = await client.fetch('/api/items', { method: 'POST', body, duplex: 'half' } as RequestInit)
  expect(await response.text()).toBe('the token has expired')
})

it('in proxy mode a rejected response keeps its body, because the BFF has repeated the request already', async () => {
  const bff = createFakeBff({ mode: 'proxy' })
  const browser = createTestBrowser({
    cookie: bff.startSession('cathy'),
    network: (request) =>
      new URL(request.url).pathname.startsWith('/auth/')
        ? bff.fetch(request)
        : new Response('rejected', { status: 401 }),
  })
  const client = createAuthClient({ platform: browser.openTab().platform })
  await client.ready()
  expect(await (await client.fetch('/api/items')).text()).toBe('rejected')
  expect(browser.requests.filter((line) => line.includes('/api'))).toHaveLength(1)
})
