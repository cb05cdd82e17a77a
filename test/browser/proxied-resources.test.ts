import { readFile } from 'node:fs/promises'
import { cathy } from '@latchkey/sandbox'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import type { Harness } from './chromium-test.ts'
import { it } from './chromium-test.ts'
import type { FilesSite } from './files-site.ts'
import { photoTag, report, reportTag, startFilesSite } from './files-site.ts'
import { expectGreeting, signIn } from './page-actions.ts'
import type { SiteFiles } from './pages.ts'
import { buildSmallPage } from './pages.ts'

let files: SiteFiles
beforeAll(async () => {
  files = await buildSmallPage()
})

async function openFilesPage(harness: Harness): Promise<FilesSite & { page: Page }> {
  const site = await harness.closeAtEnd(startFilesSite(files))
  const page = await harness.openPage(site.url)
  await signIn(page, cathy)
  await expectGreeting(page, cathy.username)
  return { ...site, page }
}

describe('a proxy route in Chromium', () => {
  it('shows an image whose address is in the page', async ({ harness }) => {
    const { page, received } = await openFilesPage(harness)
    const width = await page.evaluate(async () => {
      const image = new Image()
      image.src = '/files/photo.gif'
      await image.decode()
      return image.naturalWidth
    })
    expect(width).toBe(1)
    expect(received.map(({ line }) => line)).toEqual(['GET /v1/photo.gif'])
    expect(received[0]?.headers.cookie).toBeUndefined()
  })

  it('downloads a file from a link, with the name that the resource server gives', async ({ harness }) => {
    const { page } = await openFilesPage(harness)
    const downloading = page.waitForEvent('download')
    await page.evaluate(() => {
      const link = document.createElement('a')
      link.href = '/files/report.txt'
      link.download = ''
      link.click()
    })
    const download = await downloading
    expect(download.suggestedFilename()).toBe('report.txt')
    expect(await readFile(await download.path())).toEqual(report)
  })

  it('returns the part of a file that a request asks for', async ({ harness }) => {
    const { page } = await openFilesPage(harness)
    const part = await page.evaluate(async () => {
      const response = await window.auth.fetch('/files/report.txt', { headers: { Range: 'bytes=7-13' } })
      return [response.status, response.headers.get('Content-Range'), await response.text()]
    })
    expect(part).toEqual([206, `bytes 7-13/${report.length}`, 'line 1\n'])
  })

  it('returns 304 for a file that has not changed', async ({ harness }) => {
    const { page } = await openFilesPage(harness)
    const statuses = await page.evaluate(async (tag) => {
      const first = await window.auth.fetch('/files/report.txt')
      const second = await window.auth.fetch('/files/report.txt', {
        headers: { 'If-None-Match': tag },
        cache: 'no-store',
      })
      return [first.status, first.headers.get('ETag'), second.status]
    }, reportTag)
    expect(statuses).toEqual([200, reportTag, 304])
  })

  it('reports the refusal of an upload of 16 MB', async ({ harness }) => {
    const { page, received } = await openFilesPage(harness)
    const refusal = await page.evaluate(async () => {
      const body = new Blob([new Uint8Array(16 * 1024 * 1024)])
      const response = await window.auth.fetch('/files/report.txt', { method: 'POST', body })
      return [response.status, response.headers.get('Allow')]
    })
    expect(refusal).toEqual([405, 'GET, HEAD'])
    expect(received).toEqual([])
  })

  it('opens an event stream before its first event, and closes it at the resource server with the page', async ({
    harness,
  }) => {
    const { page, streams } = await openFilesPage(harness)
    await page.evaluate(async () => {
      const events = new EventSource('/files/events')
      Object.assign(window, { events, messages: [] as string[] })
      events.addEventListener('message', ({ data }) =>
        (window as never as { messages: string[] }).messages.push(data),
      )
      await new Promise((resolve) => events.addEventListener('open', resolve))
    })
    const [stream] = streams
    stream?.write('data: first\n\n')
    await expect
      .poll(() => page.evaluate(() => (window as never as { messages: string[] }).messages))
      .toEqual(['first'])
    await page.close()
    await expect.poll(() => streams.size).toBe(0)
  })

  it('closes an event stream with its session, at the resource server and in the page', async ({
    harness,
  }) => {
    const { page, received, streams } = await openFilesPage(harness)
    const states = await page.evaluate(async () => {
      const events = new EventSource('/files/events')
      await new Promise((resolve) => events.addEventListener('open', resolve))
      const closed = new Promise<number[]>((resolve) => {
        const readyStates: number[] = []
        events.addEventListener('error', () => {
          readyStates.push(events.readyState)
          if (events.readyState === EventSource.CLOSED) resolve(readyStates)
        })
      })
      await window.auth.signOut()
      return closed
    })
    // The browser opens a stream that was cut once more, and gets 401.
    expect(states).toEqual([0, 2])
    await expect.poll(() => streams.size).toBe(0)
    expect(received).toHaveLength(1)
  })

  it('fails a download whose session ends, and keeps no part of the file', async ({ harness }) => {
    const { page, streams } = await openFilesPage(harness)
    const downloading = page.waitForEvent('download')
    await page.evaluate(() => {
      const link = document.createElement('a')
      link.href = '/files/archive.zip'
      link.download = ''
      link.click()
    })
    const download = await downloading
    await page.evaluate(() => window.auth.signOut())
    expect(await download.failure()).not.toBeNull()
    await expect.poll(() => streams.size).toBe(0)
  })

  it('opens a WebSocket with the token, and closes it with its session', async ({ harness }) => {
    const { page, received, webSockets } = await openFilesPage(harness)
    const reply = await page.evaluate(async () => {
      const webSocket = new WebSocket('/files/echo')
      Object.assign(window, { webSocket })
      await new Promise((resolve) => webSocket.addEventListener('open', resolve))
      webSocket.send('hello')
      return new Promise<unknown>((resolve) =>
        webSocket.addEventListener('message', ({ data }) => resolve(data)),
      )
    })
    expect(reply).toBe('echo of hello')
    expect(received[0]).toMatchObject({
      line: 'GET /v1/echo',
      headers: { authorization: expect.stringContaining('Bearer ') as string },
    })
    expect(received[0]?.headers.cookie).toBeUndefined()
    const code = await page.evaluate(async () => {
      const { webSocket } = window as never as { webSocket: WebSocket }
      const closed = new Promise<number>((resolve) =>
        webSocket.addEventListener('close', (event) => resolve(event.code)),
      )
      await window.auth.signOut()
      return closed
    })
    expect(code).toBe(1006)
    await expect.poll(() => webSockets.size).toBe(0)
  })

  it('sends the entity tag of an image again when the page reloads it', async ({ harness }) => {
    const { page, received } = await openFilesPage(harness)
    const load = () =>
      page.evaluate(async () => {
        const image = new Image()
        image.src = '/files/photo.gif'
        document.body.append(image)
        await image.decode()
        image.remove()
        return image.naturalWidth
      })
    expect(await load()).toBe(1)
    await page.reload()
    expect(await load()).toBe(1)
    expect(received.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, photoTag])
  })
})
