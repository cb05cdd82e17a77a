import type { KeyObject } from 'node:crypto'
import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey } from 'node:crypto'

/** Bytes of a ticket: 16 name the session, 32 are the key of its record. */
export const cookieByteLength = 48

const sessionNameBytes = 16
/** Bytes of the initialisation vector of a seal. */
export const ivByteLength = 12
const authTagBytes = 16
const sealVersion = 1

/** What a cookie opens. */
export interface RecordKeys {
  /** Where the record lies in the store: the hash of the name, so that a stolen store names no cookie. */
  storeKey: string
  /** The public name of the session; neither the cookie nor the store's key can be found from it. */
  sessionId: string
  key: KeyObject
}

/**
 * Reads a ticket of {@link cookieByteLength} bytes. With the deployer's secret mixed in, a stolen cookie and a stolen store
 * together still open nothing. One HMAC is enough: the bytes are random, no password, so nothing is to be slowed down.
 */
export function deriveRecordKeys(bytes: Uint8Array, secret?: KeyObject): RecordKeys {
  const storeKey = createHash('sha256').update(bytes.subarray(0, sessionNameBytes)).digest('base64url')
  const own = bytes.subarray(sessionNameBytes)
  return {
    storeKey,
    sessionId: createHash('sha256').update(`session ${storeKey}`).digest('base64url'),
    key: createSecretKey(secret ? createHmac('sha256', secret).update(own).digest() : own),
  }
}

/** Seals a text with AES-256-GCM, bound to its place in the store. `iv` is 12 bytes, random and never used twice. */
export function seal(keys: RecordKeys, text: string, iv: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', keys.key, iv)
  cipher.setAAD(Buffer.from(keys.storeKey))
  return Buffer.concat([
    Buffer.of(sealVersion),
    iv,
    cipher.update(text, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/** Opens what {@link seal} sealed; `null` when it was sealed under another key or is not whole. */
export function unseal(keys: RecordKeys, sealed: Uint8Array): string | null {
  if (sealed[0] !== sealVersion || sealed.length < 1 + ivByteLength + authTagBytes) return null
  try {
    const decipher = createDecipheriv('aes-256-gcm', keys.key, sealed.subarray(1, 1 + ivByteLength))
    decipher.setAAD(Buffer.from(keys.storeKey))
    decipher.setAuthTag(sealed.subarray(-authTagBytes))
    return (
      decipher.update(sealed.subarray(1 + ivByteLength, -authTagBytes), undefined, 'utf8') +
      decipher.final('utf8')
    )
  } catch {
    return null
  }
}
