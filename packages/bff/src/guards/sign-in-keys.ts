import type { KeyObject } from 'node:crypto'
import { createHmac } from 'node:crypto'
import { deriveAccountName } from './account-name.ts'
import { getClientNetwork } from './client-address.ts'

/** Where a sign-in comes from. */
export interface SignInSource {
  username: string
  address: string | null
  /** A random name of the browser. */
  device: string
}

/** The keys that the throttle counts a sign-in by. They are hashes: a stolen store shows no usernames and addresses. */
export interface SignInKeys {
  account: string
  /** The account at this device. */
  device: string
  /** The account at all clients without a known address. */
  unknownClients: string
  /** `null` when the address is unknown. */
  address: string | null
  /** The account at this address. */
  addressAtAccount: string
}

/**
 * Creates a function that derives the keys.
 *
 * @param providerKey tells the accounts of one provider from those of another in the same store
 * @param secrets the deployer's; the first counts, once it is loaded
 * @param knowsProxies whether the option `trustProxy` says which proxies there are
 */
export function createSignInKeys(
  providerKey: string,
  secrets: readonly KeyObject[],
  knowsProxies: boolean,
): (source: SignInSource) => SignInKeys {
  return ({ username, address, device }) => {
    const network = getClientNetwork(address, knowsProxies)
    const account = deriveAccountName(username)
    return {
      account: hashKey('account', account),
      device: hashKey('device', account, device),
      unknownClients: hashKey('unknown clients', account),
      address: network === null ? null : hashKey('address', network),
      addressAtAccount: hashKey('address at account', account, network ?? ''),
    }
  }

  function hashKey(...parts: string[]): string {
    return createHmac('sha256', secrets[0] ?? '')
      .update(JSON.stringify(['throttle', providerKey, ...parts]))
      .digest('base64url')
  }
}
