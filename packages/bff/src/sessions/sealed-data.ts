import type { Platform } from '../platform.ts'
import type { StoredRecord } from '../stores/store.ts'
import type { RecordKeys } from './seal.ts'
import { ivByteLength, seal, unseal } from './seal.ts'
import type { EndedSessionData, SessionData } from './session-data.ts'

/** Seals the data of a session, or what stands in its place. */
export function sealSessionData(
  keys: RecordKeys,
  data: SessionData | EndedSessionData,
  platform: Pick<Platform, 'randomBytes'>,
): Uint8Array {
  return seal(keys, JSON.stringify(data), platform.randomBytes(ivByteLength))
}

/** Reads what is sealed in a record; `null` when it is not a session. */
export function unsealSessionData(
  keys: RecordKeys,
  record: StoredRecord,
): SessionData | EndedSessionData | null {
  const text = unseal(keys, record.sealed)
  const data = text === null ? null : (JSON.parse(text) as SessionData | EndedSessionData)
  return data?.provider === undefined ? null : data
}
