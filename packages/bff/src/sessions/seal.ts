import type { KeyObject } from 'node:crypto'
import * as crypto from 'node:crypto'
import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from 'node:crypto'

/** Bytes of a session cookie: 16 identify the session, 32 are the key of its record. */
export const cookieByteLength = 48

const sessionNameBytes = 16
/** Bytes of the initialization vector. */
export const ivByteLength = 12
const authTagBytes = 16
const sealVersion = 1

/** The keys derived from a session cookie. */
export interface RecordKeys {
  /** The key of the record in the store: a hash, so that a stolen store reveals no cookie. */
  storeKey: string
  /** The public id of the session; neither the cookie nor the store key can be derived from it. */
  sessionId: string
  /** The AES key of the record. */
  key: KeyObject
  /** The AES keys with the deployer's earlier secrets, which open records and seal none. */
  previousKeys: KeyObject[]
}

/**
 * Derives the keys from a cookie of {@link cookieByteLength} bytes. With the deployer's secret mixed in, a stolen cookie
 * and a stolen store together reveal nothing. One HMAC is enough: the bytes are random, so no slow derivation is needed.
 *
 * @param secrets the first seals records, all open them; empty when the deployer has none
 */
export function deriveRecordKeys(bytes: Uint8Array, secrets: readonly KeyObject[] = []): RecordKeys {
  const storeKey = hash(bytes.subarray(0, sessionNameBytes))
  const keyBytes = bytes.subarray(sessionNameBytes)
  let sessionId: string | undefined
  const [key = createSecretKey(keyBytes), ...previousKeys] = secrets.map((secret) =>
    createSecretKey(createHmac('sha256', secret).update(keyBytes).digest()),
  )
  return {
    storeKey,
    // The proxy does not need it.
    get sessionId() {
      return (sessionId ??= deriveSessionId(storeKey))
    },
    key,
    previousKeys,
  }
}

/** Derives the public id of a session from its key in the store. */
export function deriveSessionId(storeKey: string): string {
  return hash(`session ${storeKey}`)
}

/** In one call where the runtime has it: an object of the hash costs more than the hash. */
function hash(data: string | Uint8Array): string {
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- not all runtimes have it
  return crypto.hash
    ? crypto.hash('sha256', data, 'base64url')
    : crypto.createHash('sha256').update(data).digest('base64url')
}

/**
 * Encrypts a text with AES-256-GCM, bound to its key in the store.
 *
 * @param iv {@link ivByteLength} random bytes, never used twice
 */
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

/** Decrypts what {@link seal} returned; `null` when no key fits or the data was changed. */
export function unseal({ storeKey, key, previousKeys }: RecordKeys, sealed: Uint8Array): string | null {
  if (sealed[0] !== sealVersion || sealed.length < 1 + ivByteLength + authTagBytes) return null
  for (const candidate of [key, ...previousKeys]) {
    const text = decrypt(candidate, storeKey, sealed)
    if (text !== null) return text
  }
  return null
}

function decrypt(key: KeyObject, storeKey: string, sealed: Uint8Array): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + ivByteLength))
    decipher.setAAD(Buffer.from(storeKey))
    decipher.setAuthTag(sealed.subarray(-authTagBytes))
    const text = decipher.update(sealed.subarray(1 + ivByteLength, -authTagBytes)).toString()
    // Throws when the data was changed; in this mode it returns nothing.
    decipher.final()
    return text
  } catch {
    return null
  }
}
