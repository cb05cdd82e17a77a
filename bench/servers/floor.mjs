import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto'
import { listen } from './listen.mjs'
import { createSessionData, formatSessionBody, getSessionEnd, sessionHeaders } from './session-body.mjs'

/** @typedef {{ sealed: Buffer, expiresAt: number }} SealedRecord */

/**
 * Starts the least that a server must do which keeps sessions as Latchkey does: two hashes of the cookie, the record
 * opened with AES-256-GCM and parsed, and the same response. It checks nothing else and has one route.
 *
 * @type {import('./index.mjs').StartServer}
 */
export async function startFloor() {
  const cookieBytes = randomBytes(48)
  const data = createSessionData()
  /** @type {Map<string, SealedRecord>} */
  const records = new Map()
  const { storeKey, sessionId, key } = deriveKeys(cookieBytes)
  records.set(storeKey, { sealed: seal(key, storeKey, JSON.stringify(data)), expiresAt: getSessionEnd() })

  const server = await listen((request, response) => {
    const [, value = ''] = /(?:^|; )latchkey=([\w-]{64})/.exec(request.headers.cookie ?? '') ?? []
    const keys = deriveKeys(Buffer.from(value, 'base64url'))
    const record = records.get(keys.storeKey)
    if (!record) {
      response.writeHead(401).end()
      return
    }
    const opened = JSON.parse(open(keys.key, keys.storeKey, record.sealed))
    const body = Buffer.from(formatSessionBody(opened, keys.sessionId, record.expiresAt))
    response.writeHead(200, { ...sessionHeaders, 'Content-Length': body.length })
    response.end(body)
  })
  const cookie = `latchkey=${cookieBytes.toString('base64url')}`
  return { ...server, sessions: [{ cookie, sessionId }] }
}

/** @param {Buffer} bytes of the cookie */
export function deriveKeys(bytes) {
  const storeKey = createHash('sha256').update(bytes.subarray(0, 16)).digest('base64url')
  return {
    storeKey,
    sessionId: createHash('sha256').update(`session ${storeKey}`).digest('base64url'),
    key: createSecretKey(bytes.subarray(16)),
  }
}

/**
 * @param {import('node:crypto').KeyObject} key
 * @param {string} storeKey
 * @param {string} text
 */
export function seal(key, storeKey, text) {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from(storeKey))
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/**
 * @param {import('node:crypto').KeyObject} key
 * @param {string} storeKey
 * @param {Buffer} sealed
 */
export function open(key, storeKey, sealed) {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  decipher.setAAD(Buffer.from(storeKey))
  decipher.setAuthTag(sealed.subarray(-16))
  return decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
}
