import { createHash } from 'node:crypto'
import { getClientAddress } from './client-address.ts'
import { BffError } from '../errors.ts'
import { createFailureCounter, setBounded } from './failure-counter.ts'
import type { Logger } from '../log.ts'

/** The options of the sign-in throttle. */
export interface ThrottleOptions {
  /**
   * Returns the client's address, or `null` when it is unknown. Behind a proxy, read it from a header that the proxy
   * writes. Of a header that proxies append to (`X-Forwarded-For`), use only the last value: the client may have sent
   * the others. Default: the other end of the connection, unless that is this machine or in a private network.
   */
  clientAddress?: (request: Request) => string | null
}

/** Delays sign-ins after too many failures. */
export interface Throttle {
  /**
   * Runs a sign-in. It counts as failed while it runs. Only `invalid_credentials` keeps it counted; other errors do not.
   *
   * @throws BffError `rate_limited` with the seconds to wait, without running the sign-in; trying during the wait does
   *   not prolong it
   */
  run<T>(username: string, request: Request, signIn: () => Promise<T>): Promise<T>
}

const minute = 60_000

/** One address at one account: enough for users who mistype; then one guess a minute. */
const pairLimit = { burst: 10, forgetAfterMs: minute }

/** New addresses at one account. One address alone reaches its pair limit first. */
const accountLimit = { burst: 20, forgetAfterMs: minute }

/** New pairs at one address, over all accounts: enough for a thousand users in one office. */
const addressLimit = { burst: 30, forgetAfterMs: 10_000 }

/** An address that has signed in to an account is not new to it for 30 days. */
const knownAddressMs = 2_592_000_000

/** One sign-in as the throttle counts it; all keys are hashes. */
interface ThrottledAttempt {
  account: string
  address: string
  /** The account at this address. */
  pair: string
  /** Whether the address is known. */
  isAddressKnown: boolean
  /** Whether this address has not signed in to this account lately. */
  isNewAddress: boolean
  /** Whether too many other new addresses have failed at the account. */
  isAccountUnderAttack: boolean
}

/** Runs every sign-in at once. */
export const noThrottle: Throttle = { run: (_, __, signIn) => signIn() }

/** Creates a throttle that counts in the memory of this process. `docs/decisions/0010-throttle.md` has its promises. */
export function createThrottle(
  { clientAddress }: ThrottleOptions,
  now: () => number,
  logger: Logger,
): Throttle {
  const pairs = createFailureCounter(pairLimit, now)
  const accounts = createFailureCounter(accountLimit, now)
  const addresses = createFailureCounter(addressLimit, now)
  /** Until when the address of a pair is not new. */
  const knownUntil = new Map<string, number>()
  /** When a new address may try again at an account under attack. */
  const nextTryAt = new Map<string, number>()
  let hasWarned = false

  return {
    async run(username, request, signIn) {
      const attempt = createAttempt(username, request)
      const waitMs = getWaitMs(attempt)
      if (waitMs > 0)
        throw new BffError('rate_limited', 'Too many failed sign-ins', {
          retryAfter: Math.ceil(waitMs / 1000),
        })
      countAttempt(attempt)
      try {
        const result = await signIn()
        uncountAttempt(attempt)
        recordSuccess(attempt)
        return result
      } catch (error) {
        if (isInvalidCredentials(error)) confirmFailure(attempt)
        else uncountAttempt(attempt)
        throw error
      }
    },
  }

  function createAttempt(username: string, request: Request): ThrottledAttempt {
    const client = getClientAddress(request, clientAddress)
    const account = hashKey(username.normalize('NFKC').trim().toLowerCase())
    const address = hashKey(client ?? '')
    const pair = hashKey(account + address)
    const isNewAddress = (knownUntil.get(pair) ?? 0) <= now()
    const isAccountUnderAttack = isNewAddress && client !== null && accounts.getWaitMs(account) > 0
    return { account, address, pair, isAddressKnown: client !== null, isNewAddress, isAccountUnderAttack }
  }

  function getWaitMs({
    address,
    pair,
    isAddressKnown,
    isNewAddress,
    isAccountUnderAttack,
  }: ThrottledAttempt): number {
    const byPair = pairs.getWaitMs(pair)
    const byAddress = isNewAddress ? addresses.getWaitMs(address) : 0
    if (isAddressKnown) return Math.max(byPair, byAddress, isAccountUnderAttack ? getSlotWaitMs(pair) : 0)
    if (byPair > 0 || byAddress > 0) warnAddressUnknown()
    // Without a known address, a limit by address would block all users at once.
    return byPair
  }

  function countAttempt({
    account,
    address,
    pair,
    isNewAddress,
    isAccountUnderAttack,
  }: ThrottledAttempt): void {
    pairs.add(pair)
    if (isNewAddress) addresses.add(address)
    if (isAccountUnderAttack) setBounded(nextTryAt, pair, now() + minute)
    else if (isNewAddress) accounts.add(account)
  }

  function uncountAttempt({
    account,
    address,
    pair,
    isNewAddress,
    isAccountUnderAttack,
  }: ThrottledAttempt): void {
    pairs.undo(pair)
    if (isNewAddress) addresses.undo(address)
    if (isAccountUnderAttack) setBounded(nextTryAt, pair, now())
    else if (isNewAddress) accounts.undo(account)
  }

  function recordSuccess({ pair, isAddressKnown }: ThrottledAttempt): void {
    // Without a known address, the failures may be another user's.
    if (!isAddressKnown) return
    pairs.reset(pair)
    setBounded(knownUntil, pair, now() + knownAddressMs)
  }

  function confirmFailure({
    account,
    address,
    pair,
    isAddressKnown,
    isNewAddress,
    isAccountUnderAttack,
  }: ThrottledAttempt): void {
    // These limits do not apply to the attempt itself, so it is counted only now that it has failed.
    if (!isNewAddress) addresses.add(address)
    if (isAccountUnderAttack) accounts.add(account)
    const warnThrottled = (where: string): void =>
      logger.warn(
        `Sign-ins throttled: too many failed ${where}. Further attempts get 429 until they have waited.`,
      )
    if (pairs.getWaitMs(pair) > 0) warnThrottled(`at one account${isAddressKnown ? ' from one address' : ''}`)
    if (isAddressKnown && addresses.getWaitMs(address) > 0) warnThrottled('from one address')
    if (isAddressKnown && isNewAddress && accounts.getWaitMs(account) > 0)
      warnThrottled('at one account from several addresses')
  }

  /** Returns the milliseconds until the slot of a pair. Each pair has its own, so no other can prolong the wait. */
  function getSlotWaitMs(pair: string): number {
    const slotAt = nextTryAt.get(pair)
    if (slotAt !== undefined && slotAt <= now() + minute) return Math.max(0, slotAt - now())
    setBounded(nextTryAt, pair, now() + minute)
    return minute
  }

  function warnAddressUnknown(): void {
    if (hasWarned) return
    hasWarned = true
    logger.warn(
      'Client addresses are unknown: requests come from this machine or a private network, which is probably a proxy, ' +
        'or not through the adapter for Node. The throttle counts failed sign-ins by account only, so that an attacker ' +
        'can delay the owner of an account. Set the option `throttle.clientAddress` to a function that returns the ' +
        'address of the client.',
    )
  }
}

/** Whether an error means that the credentials are wrong. */
export function isInvalidCredentials(error: unknown): boolean {
  return error instanceof BffError && error.code === 'invalid_credentials'
}

/** Hashes a key, so that it is short and a memory dump shows no usernames. */
function hashKey(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
