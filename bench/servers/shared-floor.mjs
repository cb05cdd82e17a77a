import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { deriveKeys, open, seal } from './floor.mjs'
import { listen } from './listen.mjs'
import { createSessionData, formatSessionBody, getSessionEnd, sessionHeaders } from './session-body.mjs'
import { openSharedRecords } from './shared-records.mjs'

/**
 * Starts the least that a server must do which keeps sessions in a database server and refreshes their tokens once: what
 * the floor in memory does, and at `POST /auth/token` a lease, a grant, and a write over the version that it has read.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startSharedFloor({ engine, tokenEndpoint, sessionCount = 200 }) {
  if (engine === undefined) throw new Error('The address of the database server is missing')
  const records = await openSharedRecords(engine)

  const server = await listen(async (request, response) => {
    const [, value = ''] = /(?:^|; )latchkey=([\w-]{64})/.exec(request.headers.cookie ?? '') ?? []
    const keys = deriveKeys(Buffer.from(value, 'base64url'))
    const record = await records.read(keys.storeKey)
    if (!record) {
      response.writeHead(401).end()
      return
    }
    let data = JSON.parse(open(keys.key, keys.storeKey, record.sealed))
    if (request.method === 'POST') {
      JSON.parse(await text(request))
      data = await refresh(keys, data)
    }
    const body = Buffer.from(formatSessionBody(data, keys.sessionId, record.expiresAt))
    response.writeHead(200, { ...sessionHeaders, 'Content-Length': body.length })
    response.end(body)
  })
  const sessions = await Promise.all(
    Array.from({ length: sessionCount }, async () => {
      const cookieBytes = randomBytes(48)
      const { storeKey, sessionId, key } = deriveKeys(cookieBytes)
      const sealed = seal(key, storeKey, JSON.stringify(createSessionData()))
      await records.insert(storeKey, { version: 1, expiresAt: getSessionEnd(), sealed })
      return { cookie: `latchkey=${cookieBytes.toString('base64url')}`, sessionId }
    }),
  )
  return {
    ...server,
    sessions,
    async close() {
      server.close()
      await records.close()
    },
  }

  /**
   * @param {ReturnType<typeof deriveKeys>} keys
   * @param {ReturnType<typeof createSessionData>} data what another request is refreshing is returned as it is
   * @returns {Promise<ReturnType<typeof createSessionData>>}
   */
  async function refresh({ key, storeKey }, data) {
    if (!(await records.lease(storeKey, randomBytes(8).toString('base64url')))) {
      await setTimeout(50)
      return data
    }
    // Only now can no other process write it.
    const record = await records.read(storeKey)
    if (!record) throw new Error('The session is gone')
    const current = JSON.parse(open(key, storeKey, record.sealed))
    const tokenRequestedAt = Date.now()
    const response = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: {
        Authorization: 'Basic cG9ydGFsOnNlY3JldA==',
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: current.refreshToken,
      }).toString(),
    })
    const { access_token: accessToken, refresh_token: refreshToken } = await response.json()
    const next = { ...current, accessToken, refreshToken, tokenRequestedAt, sequence: current.sequence + 1 }
    const isWritten = await records.replaceAndRelease(
      storeKey,
      {
        version: record.version + 1,
        expiresAt: getSessionEnd(),
        sealed: seal(key, storeKey, JSON.stringify(next)),
      },
      record.version,
    )
    if (!isWritten) throw new Error('Another version')
    return next
  }
}
