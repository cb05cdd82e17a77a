import type { IncomingMessage } from 'node:http'
import { request as sendRequest } from 'node:http'
import { Readable } from 'node:stream'
import type { Act, Scene } from '../act.ts'
import { allLive } from '../act.ts'
import type { BrowserSession } from '../browser-session.ts'
import type { Place } from '../stage.ts'

const statuses = [201, 204, 205, 304, 402, 403, 404, 418, 429, 451, 500, 502, 503, 511, 599] as const
/** Responses of the authorization server that say nothing about the session. */
const oddResponses: readonly (readonly [status: number, type: string, body: string])[] = [
  [200, 'text/html', '<title>Free Wi-Fi</title>'],
  [200, 'application/json', '{}'],
  [200, 'application/json', '[]'],
  [204, 'application/json', ''],
  [302, 'text/html', ''],
  [404, 'text/html', 'Not found'],
  [418, 'text/plain', 'short and stout'],
  [429, 'text/plain', ''],
  [500, 'application/json', '{"error":"server_error"}'],
  [502, 'text/html', '<title>Bad gateway</title>'],
  [599, 'text/plain', ''],
]

/** Connections that are slow or silent, and servers that respond with something odd. */
export const connectionActs: readonly Act[] = [
  {
    name: 'slow-uploads',
    title: 'uploads that take seconds, a sign-in whose body does not end',
    expected: allLive,
    async perform(scene) {
      const stalledSignIn = sendStalledSignIn(scene.holder)
      await refreshAll(scene)
      await Promise.all(scene.sessions.map((session) => upload(scene, session)))
      const status = await stalledSignIn
      if (status !== 408) scene.report(`${status} for a sign-in whose body does not end`)
    },
  },
  {
    name: 'odd-statuses',
    title: 'both servers respond with odd statuses',
    expected: allLive,
    // 404 and 418 may come from a wrong address.
    allowedErrors: /^Refresh postponed for \d+ s, session kept: /,
    async perform(scene) {
      const exchanges = await scene.holdRefreshes()
      scene.startCallers()
      for (const { respondWith } of exchanges) {
        const [status, type, body] = scene.random.pick(oddResponses)
        respondWith(status, { 'Content-Type': type, Location: 'https://captive.test/' }, body)
      }
      for (const session of scene.sessions) {
        await session.requestToken(0)
        const status = scene.random.pick(statuses)
        const response = await session.send(scene.holder, `/api/status/${status}`)
        if (response.status !== status)
          scene.report(`${session.kind}: ${status} of the resource server became ${response.status}`)
      }
    },
  },
  {
    name: 'silent-streams',
    title: 'silent event streams, then a sign-out in one process',
    expected: allLive,
    async perform(scene) {
      await refreshAll(scene)
      const sessions = await scene.signInAgain(scene.holder)
      await Promise.all(sessions.map((session) => session.requestToken(0)))
      const streams = await Promise.all(
        sessions.flatMap((session) => scene.stage.places.map((place) => openStream(session, place))),
      )
      await scene.wait(2000)
      if (streams.some(({ hasEnded }) => hasEnded())) scene.report('a silent stream ended before its session')
      await Promise.all(
        sessions.map((session) => session.send(scene.holder, '/auth/session', { method: 'DELETE' })),
      )
      await Promise.all(streams.map(({ ended }) => ended))
    },
  },
  {
    name: 'wsgi',
    title: 'calls to a WSGI server, which closes each connection',
    expected: allLive,
    needsWsgi: true,
    async perform(scene) {
      await refreshAll(scene)
      const calls = scene.sessions.flatMap((session) =>
        scene.stage.places.map(async (place) => {
          const init = { method: 'POST', body: '{}', headers: { X_Remote_User: 'admin' } }
          const response = await session.send(place, '/wsgi/items/1', init)
          const result = response.ok ? await response.text() : `status ${response.status}`
          const expected = '{"method": "POST", "segments": ["items", "1"], "user": null, "client": null}'
          if (result !== expected) scene.report(`${session.kind}: the WSGI server responded with ${result}`)
        }),
      )
      await Promise.all(calls)
    },
  },
]

/** Lets all sessions be refreshed, and starts callers meanwhile. */
async function refreshAll({ holdRefreshes, startCallers, sessions }: Scene): Promise<void> {
  const exchanges = await holdRefreshes()
  startCallers()
  for (const { handle, respond } of exchanges) {
    handle()
    respond()
  }
  await Promise.all(sessions.map((session) => session.requestToken(0)))
}

/** Uploads some bytes in pieces, with pauses. */
async function upload({ wait, pickMs, holder, report }: Scene, session: BrowserSession): Promise<void> {
  const pieces = 10
  const pauseMs = pickMs(50, 400)
  async function* createBody(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < pieces; index += 1) {
      await wait(pauseMs)
      yield new Uint8Array(1000)
    }
  }
  const init = {
    method: 'POST',
    body: Readable.toWeb(Readable.from(createBody())),
    duplex: 'half',
  } as Parameters<BrowserSession['send']>[2]
  const response = await session.send(holder, '/api/upload', init)
  const byteCount = await response.text()
  if (byteCount !== '10000')
    report(`${session.kind}: of 10000 bytes arrived ${byteCount} (${response.status})`)
}

/** Begins a sign-in whose body does not end, straight at a process: nginx passes whole bodies on. Resolves with the status of the response. */
function sendStalledSignIn(place: Place): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      'X-Latchkey': '1',
      'Sec-Fetch-Site': 'same-origin',
      Origin: place.getOrigin(),
      'Content-Type': 'application/json',
      'Content-Length': 1000,
    }
    const request = sendRequest(`${place.getOrigin()}/strict/auth/session`, { method: 'POST', headers })
    request.once('response', ({ statusCode }: IncomingMessage) => {
      request.destroy()
      resolve(statusCode)
    })
    request.once('error', reject)
    request.write('{"credentials":')
  })
}

interface OpenStream {
  readonly hasEnded: () => boolean
  /** Resolves when the stream has ended or was cut. */
  readonly ended: Promise<void>
}

async function openStream(session: BrowserSession, place: Place): Promise<OpenStream> {
  const response = await session.send(place, '/api/stream')
  const reader = response.body!.getReader()
  await reader.read()
  let hasEnded = false
  const ended = reader.read().then(
    () => void (hasEnded = true),
    () => void (hasEnded = true),
  )
  return { hasEnded: () => hasEnded, ended }
}
