import { BffError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Store } from '../stores/store.ts'
import { findKnownClient, withKnownClients } from './known-clients.ts'
import type { SignInKeys, SignInSource } from './sign-in-keys.ts'
import { createSignInQueue } from './sign-in-queue.ts'
import type { FailureLimit } from './throttle-limits.ts'
import {
  accountLimit,
  addFailure,
  addressLimit,
  clientLimit,
  getWaitMs,
  unknownClientsLimit,
} from './throttle-limits.ts'
import { createRecentMap, createThrottleRecords } from './throttle-records.ts'

/** Delays sign-ins after too many failures. `docs/decisions/0010-throttle.md` has its promises. */
export interface Throttle {
  /** Whether it uses the device of a {@link SignInSource}. */
  readonly usesDevices: boolean
  /**
   * Runs a sign-in. It counts as failed when it ends with `invalid_credentials`, or when the response of the
   * authorization server was lost. If all that may fail are running, it waits for them for a while.
   *
   * @throws BffError `rate_limited` with the seconds to wait, without running the sign-in; trying during the wait does
   *   not prolong it
   */
  run<T>(source: SignInSource, signIn: () => Promise<T>): Promise<T>
}

/** The options of {@link createThrottle}. */
export interface ThrottleOptions {
  /** The session store; `null` when counts need not outlive the process. */
  store: Store | null
  createKeys: (source: SignInSource) => SignInKeys
  platform: Platform
  logger: Logger
}

/** Milliseconds until the turn of a new address at an account under attack. */
const turnMs = 60_000

/** Milliseconds that a sign-in waits at most. The browser gives up after 9.5 s, and the sign-in itself takes time. */
const maxQueueMs = 5000

/** One limit that a sign-in has to keep. */
interface Row {
  key: string
  limit: FailureLimit
}

/** A sign-in as the throttle counts it. */
interface Attempt {
  keys: SignInKeys
  /** The row of the client: of its device, its address, or all clients without a known address. */
  client: Row
  /** Every row that it has to keep. */
  rows: Row[]
  isNewAddress: boolean
  /** Whether too many other new addresses have failed at the account, so that each waits for a turn of its own. */
  isAccountUnderAttack: boolean
}

/** Runs every sign-in at once. */
export const noThrottle: Throttle = { usesDevices: false, run: (_, signIn) => signIn() }

export function createThrottle(options: ThrottleOptions): Throttle {
  const { store, createKeys, platform, logger } = options
  const now = (): number => platform.now()
  const records = createThrottleRecords(store, now, logger)
  const queue = createSignInQueue(platform)
  /** When a new address may try again at an account under attack. */
  const nextTryAt = createRecentMap<number>()
  let hasWarned = false

  return {
    usesDevices: true,
    async run(source, signIn) {
      const attempt = await admit(createKeys(source))
      const runningKeys = attempt.rows.map(({ key }) => key)
      try {
        const result = await signIn()
        if (attempt.isAccountUnderAttack) nextTryAt.set(attempt.client.key, now())
        await recordSuccess(attempt)
        return result
      } catch (error) {
        if (isInvalidCredentials(error)) await countFailure(attempt, true)
        else if (error instanceof BffError && error.isResponseLost) await countFailure(attempt, false)
        else if (attempt.isAccountUnderAttack) nextTryAt.set(attempt.client.key, now())
        throw error
      } finally {
        queue.end(runningKeys)
      }
    },
  }

  /** Starts a sign-in, or waits and then starts it. */
  async function admit(keys: SignInKeys): Promise<Attempt> {
    const deadline = now() + maxQueueMs
    for (;;) {
      await records.load(Object.values(keys).filter((key) => key !== null))
      const attempt = createAttempt(keys)
      assertAllowed(attempt)
      const blocking = attempt.rows.find(({ key, limit }) => getRowWaitMs({ key, limit }, true) > 0)
      if (!blocking) {
        queue.start(attempt.rows.map(({ key }) => key))
        if (attempt.isAccountUnderAttack) nextTryAt.set(attempt.client.key, now() + turnMs)
        return attempt
      }
      if (blocking.limit === unknownClientsLimit) warnAddressUnknown()
      const nextTryMs = getRowWaitMs(blocking, true)
      if (await queue.wait(blocking.key, nextTryMs, deadline - now())) continue
      throw createRateLimitError(
        blocking.limit === accountLimit ? getTurnWaitMs(attempt.client.key) : maxQueueMs,
      )
    }
  }

  function createAttempt(keys: SignInKeys): Attempt {
    const { address } = keys
    const known = findKnownClient(records.get(keys.account), keys, now())
    if (known !== null || address === null) {
      const client =
        known === null
          ? { key: keys.unknownClients, limit: unknownClientsLimit }
          : { key: known, limit: clientLimit }
      return { keys, client, rows: [client], isNewAddress: false, isAccountUnderAttack: false }
    }
    const client = { key: keys.addressAtAccount, limit: clientLimit }
    const account = { key: keys.account, limit: accountLimit }
    const isAccountUnderAttack = getRowWaitMs(account) > 0
    const rows = [client, { key: address, limit: addressLimit }, ...(isAccountUnderAttack ? [] : [account])]
    return { keys, client, rows, isNewAddress: true, isAccountUnderAttack }
  }

  /** Throws when failures delay the client, and not only sign-ins that run. */
  function assertAllowed({ client, rows, isAccountUnderAttack }: Attempt): void {
    const waits = rows.map((row) => (row.limit === unknownClientsLimit ? 0 : getRowWaitMs(row)))
    const waitMs = Math.max(...waits, isAccountUnderAttack ? getTurnWaitMs(client.key) : 0)
    if (waitMs > 0) throw createRateLimitError(waitMs)
  }

  function getRowWaitMs({ key, limit }: Row, countsRunning = false): number {
    const running = countsRunning ? queue.countRunning(key) : 0
    return getWaitMs(limit, records.get(key).forgottenAt, now(), running)
  }

  async function recordSuccess({ keys, client }: Attempt): Promise<void> {
    // The failures of clients without a known address may be those of others.
    if (client.limit === clientLimit && records.get(client.key).forgottenAt > now())
      await records.update(client.key, (record) => ({ ...record, forgottenAt: 0 }))
    if (withKnownClients(records.get(keys.account), keys, now()) !== null)
      await records.update(keys.account, (record) => withKnownClients(record, keys, now()) ?? record)
  }

  /** @param isRejected whether the credentials were wrong; a lost response may also be an outage */
  async function countFailure(attempt: Attempt, isRejected: boolean): Promise<void> {
    const { keys, client, isNewAddress } = attempt
    const address = keys.address === null ? [] : [{ key: keys.address, limit: addressLimit }]
    const account = isNewAddress && isRejected ? [{ key: keys.account, limit: accountLimit }] : []
    const rows = [client, ...address, ...account]
    const add = ({ key, limit }: Row): Promise<void> =>
      records.update(key, (record) => ({
        ...record,
        forgottenAt: addFailure(limit, record.forgottenAt, now()),
      }))
    await Promise.all(rows.map(add))
    for (const row of rows) if (getRowWaitMs(row) > 0) warnThrottled(row.limit)
  }

  /** Returns the milliseconds until the turn of an address. Each has its own, so no other can prolong the wait. */
  function getTurnWaitMs(key: string): number {
    const turnAt = nextTryAt.get(key)
    if (turnAt !== undefined && turnAt <= now() + turnMs) return Math.max(0, turnAt - now())
    nextTryAt.set(key, now() + turnMs)
    return turnMs
  }

  function warnThrottled(limit: FailureLimit): void {
    const source = limitSources.get(limit) ?? ''
    logger.warn(`Sign-ins throttled: too many failed ${source}. Further attempts have to wait.`)
  }

  function warnAddressUnknown(): void {
    if (hasWarned) return
    hasWarned = true
    logger.warn(
      'Client addresses are unknown, so the throttle counts failed sign-ins by account and by browser only: requests ' +
        'come from a proxy whose headers are not read, or which sends none. Set the option `trustProxy`, and let the ' +
        'proxy set X-Forwarded-For.',
    )
  }
}

const limitSources = new Map([
  [clientLimit, 'at one account from one client'],
  [unknownClientsLimit, 'at one account'],
  [addressLimit, 'from one address'],
  [accountLimit, 'at one account from several addresses'],
])

function createRateLimitError(waitMs: number): BffError {
  return new BffError('rate_limited', 'Too many failed sign-ins', {
    retryAfter: Math.ceil(waitMs / 1000),
    isThrottled: true,
  })
}

/** Whether an error means that the credentials are wrong. */
export function isInvalidCredentials(error: unknown): boolean {
  return error instanceof BffError && error.code === 'invalid_credentials'
}
