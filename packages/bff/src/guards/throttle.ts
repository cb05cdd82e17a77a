import { createHash } from 'node:crypto'
import { getClientAddress } from './client-address.ts'
import { BffError } from '../errors.ts'
import { createFailureCounter, setBounded } from './failure-counter.ts'
import type { Logger } from '../log.ts'

/** What the throttle of sign-ins cannot find out by itself. */
export interface ThrottleOptions {
  /**
   * The address of who asks; `null` when it is not known. Behind a proxy, read it from a header that the proxy writes
   * itself: where it adds to what the client sent (`X-Forwarded-For`), only the last value is its own. When absent, the
   * other end of the connection is taken, unless that is this machine or a private network.
   */
  clientAddress?: (request: Request) => string | null
}

/** Holds up sign-ins when too many have failed. */
export interface Throttle {
  /**
   * Runs a sign-in to the account of that name. It counts as failed while it is under way and, for good, when it ends
   * with `invalid_credentials`; whatever else goes wrong is no failure of who typed.
   *
   * @throws BffError `rate_limited`, without running it, with the seconds to wait; asking meanwhile changes nothing
   */
  run<T>(username: string, request: Request, attempt: () => Promise<T>): Promise<T>
}

const minute = 60_000

/** One address on one account: nobody mistypes more often in a row, and then a guess a minute is worth little. */
const pairLimit = { burst: 10, forgetAfterMs: minute }

/** Strangers on one account. One address alone, which is held to the above, never brings it about. */
const accountLimit = { burst: 20, forgetAfterMs: minute }

/** Strangers at one address, whatever the account: a thousand people in one office mistype less often than that. */
const addressLimit = { burst: 30, forgetAfterMs: 10_000 }

/** An address that has signed in to an account is no stranger to it for so long: 30 days. */
const knownAddressMs = 2_592_000_000

/** Who asks for what, as it is counted. */
interface ThrottledAttempt {
  account: string
  address: string
  /** The account at this address. */
  pair: string
  /** Whether the address is known. */
  isAddressKnown: boolean
  /** Whether this address has not signed in to this account lately. */
  isNewAddress: boolean
  /** Whether many other strangers have failed at the account. */
  isAccountUnderAttack: boolean
}

/** Lets everything through. */
export const noThrottle: Throttle = { run: (_, __, attempt) => attempt() }

/** Counts in the memory of this process. `docs/decisions/0010-throttle.md` says what it promises. */
export function createThrottle(
  { clientAddress }: ThrottleOptions,
  now: () => number,
  logger: Logger,
): Throttle {
  const pairs = createFailureCounter(pairLimit, now)
  const accounts = createFailureCounter(accountLimit, now)
  const addresses = createFailureCounter(addressLimit, now)
  /** Until when a pair is known. */
  const knownUntil = new Map<string, number>()
  /** From when on a stranger may try, where many others have failed. */
  const nextTryAt = new Map<string, number>()
  let advised = false

  return {
    async run(username, request, attempt) {
      const asker = createAttempt(username, request)
      const wait = getWaitMs(asker)
      if (wait > 0)
        throw new BffError('rate_limited', 'Too many sign-ins have failed', {
          retryAfter: Math.ceil(wait / 1000),
        })
      countAttempt(asker)
      try {
        const done = await attempt()
        takeBack(asker)
        recordSuccess(asker)
        return done
      } catch (error) {
        if (isInvalidCredentials(error)) confirmFailure(asker)
        else takeBack(asker)
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
    if (isAddressKnown) return Math.max(byPair, byAddress, isAccountUnderAttack ? getTurnWaitMs(pair) : 0)
    if (byPair > 0 || byAddress > 0) warnAddressUnknown()
    // Nobody's address is everybody's: to hold that up would be to close the door.
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

  function takeBack({ account, address, pair, isNewAddress, isAccountUnderAttack }: ThrottledAttempt): void {
    pairs.undo(pair)
    if (isNewAddress) addresses.undo(address)
    if (isAccountUnderAttack) setBounded(nextTryAt, pair, now())
    else if (isNewAddress) accounts.undo(account)
  }

  function recordSuccess({ pair, isAddressKnown }: ThrottledAttempt): void {
    // Where the address is nobody's, others may have failed.
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
    // Who was let through where others are held up counts as well, once it is sure.
    if (!isNewAddress) addresses.add(address)
    if (isAccountUnderAttack) accounts.add(account)
    const held = (where: string): void =>
      logger.warn(`Sign-ins are held up, because too many have failed ${where}`)
    if (pairs.getWaitMs(pair) > 0) held(`at one account${isAddressKnown ? ', from one address' : ''}`)
    if (isAddressKnown && addresses.getWaitMs(address) > 0) held('from one address')
    if (isAddressKnown && isNewAddress && accounts.getWaitMs(account) > 0)
      held('at one account, from several addresses')
  }

  /** Milliseconds until the turn of a pair, which it has for itself alone: no other can make it wait longer. */
  function getTurnWaitMs(pair: string): number {
    const turn = nextTryAt.get(pair)
    if (turn !== undefined && turn <= now() + minute) return Math.max(0, turn - now())
    setBounded(nextTryAt, pair, now() + minute)
    return minute
  }

  function warnAddressUnknown(): void {
    if (advised) return
    advised = true
    logger.warn(
      'Many sign-ins fail, and nothing tells from where: requests come from this machine or a private network, which ' +
        'is probably a proxy, or through no adapter that knows. They are counted by account alone, so that who ' +
        'keeps failing at an account holds up its owner too. Set the option throttle.clientAddress to a function ' +
        'that gives the address of the client.',
    )
  }
}

/** Whether what was typed is definitely wrong. */
export function isInvalidCredentials(error: unknown): boolean {
  return error instanceof BffError && error.code === 'invalid_credentials'
}

/** Short whatever was typed, and no name to be read in a dump of the memory. */
function hashKey(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
