import type { KeyObject } from 'node:crypto'
import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey } from 'node:crypto'

/** Bytes of a ticket: 16 name the session, 32 are the key of its record. */
export const ticketSize = 48

const nameSize = 16
/** Bytes of the initialisation vector of a seal. */
export const ivSize = 12
const tagSize = 16
const format = 1

/** What a cookie opens. */
export interface Ticket {
  /** Where the record lies in the store: the hash of the name, so that a stolen store names no cookie. */
  storeKey: string
  /** The public name of the session; neither the cookie nor the store's key can be found from it. */
  sessionId: string
  key: KeyObject
}

/**
 * Reads a ticket of {@link ticketSize} bytes. With the deployer's secret mixed in, a stolen cookie and a stolen store
 * together still open nothing. One HMAC is enough: the bytes are random, no password, so nothing is to be slowed down.
 */
export function ticketFrom(bytes: Uint8Array, secret?: KeyObject): Ticket {
  const storeKey = createHash('sha256').update(bytes.subarray(0, nameSize)).digest('base64url')
  const own = bytes.subarray(nameSize)
  return {
    storeKey,
    sessionId: createHash('sha256').update(`session ${storeKey}`).digest('base64url'),
    key: createSecretKey(secret ? createHmac('sha256', secret).update(own).digest() : own),
  }
}

/** Seals a text with AES-256-GCM, bound to its place in the store. `iv` is 12 bytes, random and never used twice. */
export function seal(ticket: Ticket, text: string, iv: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', ticket.key, iv)
  cipher.setAAD(Buffer.from(ticket.storeKey))
  return Buffer.concat([
    Buffer.of(format),
    iv,
    cipher.update(text, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/** Opens what {@link seal} sealed; `null` when it was sealed under another key or is not whole. */
export function open(ticket: Ticket, sealed: Uint8Array): string | null {
  if (sealed[0] !== format || sealed.length < 1 + ivSize + tagSize) return null
  try {
    const decipher = createDecipheriv('aes-256-gcm', ticket.key, sealed.subarray(1, 1 + ivSize))
    decipher.setAAD(Buffer.from(ticket.storeKey))
    decipher.setAuthTag(sealed.subarray(-tagSize))
    return decipher.update(sealed.subarray(1 + ivSize, -tagSize), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}
