import type { SignInKeys } from './sign-in-keys.ts'
import type { ThrottleRecord } from './throttle-records.ts'

/** A client that has signed in to an account is known there for 30 days. */
const knownMs = 2_592_000_000

/** A later sign-in within a day writes nothing. */
const writeGapMs = 86_400_000

/** How many devices and addresses are known to one account: those that signed in last. */
const maxKnownClients = 30

/** Returns the key of the device or of the address of a sign-in that is known to its account; `null` when none is. */
export function findKnownClient(
  { knownUntil }: ThrottleRecord,
  { device, address, addressAtAccount }: SignInKeys,
  now: number,
): string | null {
  const keys = [device, ...(address === null ? [] : [addressAtAccount])]
  return keys.find((key) => (knownUntil[key] ?? 0) > now) ?? null
}

/** Adds the device and the address of a sign-in to the known ones of its account; `null` when they are there. */
export function withKnownClients(
  record: ThrottleRecord,
  { device, address, addressAtAccount }: SignInKeys,
  now: number,
): ThrottleRecord | null {
  const keys = [device, ...(address === null ? [] : [addressAtAccount])]
  const isRecent = (key: string): boolean => (record.knownUntil[key] ?? 0) > now + knownMs - writeGapMs
  if (keys.every(isRecent)) return null
  const added = Object.fromEntries(keys.map((key) => [key, now + knownMs]))
  const clients = Object.entries({ ...added, ...record.knownUntil, ...added })
    .filter(([, until]) => until > now)
    .toSorted(([, first], [, second]) => second - first)
  return { ...record, knownUntil: Object.fromEntries(clients.slice(0, maxKnownClients)) }
}
