import { createHash } from 'node:crypto'
import { clientOf } from './client-address.ts'
import { BffError } from '../errors.ts'
import { createFailures, keep } from './failure-counter.ts'
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
  counted<T>(username: string, request: Request, attempt: () => Promise<T>): Promise<T>
}

const minute = 60_000

/** One address on one account: nobody mistypes more often in a row, and then a guess a minute is worth little. */
const perPair = { atOnce: 10, each: minute }

/** Strangers on one account. One address alone, which is held to the above, never brings it about. */
const perAccount = { atOnce: 20, each: minute }

/** Strangers at one address, whatever the account: a thousand people in one office mistype less often than that. */
const perAddress = { atOnce: 30, each: 10_000 }

/** An address that has signed in to an account is no stranger to it for so long: 30 days. */
const knownFor = 2_592_000_000

/** Who asks for what, as it is counted. */
interface Asker {
  account: string
  address: string
  /** The account at this address. */
  pair: string
  /** Whether the address is known. */
  named: boolean
  /** Whether this address has not signed in to this account lately. */
  stranger: boolean
  /** Whether many other strangers have failed at the account. */
  crowded: boolean
}

/** Lets everything through. */
export const noThrottle: Throttle = { counted: (_, __, attempt) => attempt() }

/** Counts in the memory of this process. `docs/decisions/0010-throttle.md` says what it promises. */
export function createThrottle(
  { clientAddress }: ThrottleOptions,
  now: () => number,
  logger: Logger,
): Throttle {
  const pairs = createFailures(perPair, now)
  const accounts = createFailures(perAccount, now)
  const addresses = createFailures(perAddress, now)
  /** Until when a pair is known. */
  const known = new Map<string, number>()
  /** From when on a stranger may try, where many others have failed. */
  const turns = new Map<string, number>()
  let advised = false

  return {
    async counted(username, request, attempt) {
      const asker = askerFrom(username, request)
      const wait = waitOf(asker)
      if (wait > 0)
        throw new BffError('rate_limited', 'Too many sign-ins have failed', {
          retryAfter: Math.ceil(wait / 1000),
        })
      add(asker)
      try {
        const done = await attempt()
        takeBack(asker)
        remember(asker)
        return done
      } catch (error) {
        if (isRefusal(error)) settle(asker)
        else takeBack(asker)
        throw error
      }
    },
  }

  function askerFrom(username: string, request: Request): Asker {
    const client = clientOf(request, clientAddress)
    const account = hashed(username.normalize('NFKC').trim().toLowerCase())
    const address = hashed(client ?? '')
    const pair = hashed(account + address)
    const stranger = (known.get(pair) ?? 0) <= now()
    const crowded = stranger && client !== null && accounts.wait(account) > 0
    return { account, address, pair, named: client !== null, stranger, crowded }
  }

  function waitOf({ address, pair, named, stranger, crowded }: Asker): number {
    const byPair = pairs.wait(pair)
    const byAddress = stranger ? addresses.wait(address) : 0
    if (named) return Math.max(byPair, byAddress, crowded ? turnOf(pair) : 0)
    if (byPair > 0 || byAddress > 0) advise()
    // Nobody's address is everybody's: to hold that up would be to close the door.
    return byPair
  }

  function add({ account, address, pair, stranger, crowded }: Asker): void {
    pairs.add(pair)
    if (stranger) addresses.add(address)
    if (crowded) keep(turns, pair, now() + minute)
    else if (stranger) accounts.add(account)
  }

  function takeBack({ account, address, pair, stranger, crowded }: Asker): void {
    pairs.takeBack(pair)
    if (stranger) addresses.takeBack(address)
    if (crowded) keep(turns, pair, now())
    else if (stranger) accounts.takeBack(account)
  }

  function remember({ pair, named }: Asker): void {
    // Where the address is nobody's, others may have failed.
    if (!named) return
    pairs.forget(pair)
    keep(known, pair, now() + knownFor)
  }

  function settle({ account, address, pair, named, stranger, crowded }: Asker): void {
    // Who was let through where others are held up counts as well, once it is sure.
    if (!stranger) addresses.add(address)
    if (crowded) accounts.add(account)
    const held = (where: string): void =>
      logger.warn(`Sign-ins are held up, because too many have failed ${where}`)
    if (pairs.wait(pair) > 0) held(`at one account${named ? ', from one address' : ''}`)
    if (named && addresses.wait(address) > 0) held('from one address')
    if (named && stranger && accounts.wait(account) > 0) held('at one account, from several addresses')
  }

  /** Milliseconds until the turn of a pair, which it has for itself alone: no other can make it wait longer. */
  function turnOf(pair: string): number {
    const turn = turns.get(pair)
    if (turn !== undefined && turn <= now() + minute) return Math.max(0, turn - now())
    keep(turns, pair, now() + minute)
    return minute
  }

  function advise(): void {
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
export function isRefusal(error: unknown): boolean {
  return error instanceof BffError && error.code === 'invalid_credentials'
}

/** Short whatever was typed, and no name to be read in a dump of the memory. */
function hashed(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
