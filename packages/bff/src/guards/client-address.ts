import type { IpAddress, IpRange } from './ip-address.ts'
import { formatIpAddress, isInRange, parseIpAddress, parseIpRange } from './ip-address.ts'

const slot = Symbol.for('@latchkey/bff addresses')
const shared = globalThis as { [slot]?: WeakMap<Request, string> }
// On `globalThis`, because a development server and the server code that it loads may have two copies of this module.
const addresses = (shared[slot] ??= new WeakMap())

/**
 * Says where the connection of a request comes from, before `bff.fetch(request)`: a web `Request` does not. The adapter
 * for Node needs no such call.
 *
 * @param address an IPv4 or IPv6 address; `undefined` when unknown
 */
export function setSocketAddress(request: Request, address: string | undefined): void {
  if (address !== undefined) addresses.set(request, address)
}

/**
 * Returns the address of the client, for `authorize`: the other end of the connection or, behind a proxy that
 * `trustProxy` names, what the proxy says. `null` when unknown.
 */
export function getClientAddress(request: Request): string | null {
  return addresses.get(request) ?? null
}

/** Parses addresses and ranges that cannot be wrong. */
function parseRanges(...texts: string[]): IpRange[] {
  return texts.flatMap((text) => parseIpRange(text) ?? [])
}

const loopback = parseRanges('127.0.0.0/8', '::1')

/** Names of ranges: this machine; this machine and private networks (RFC 6890, RFC 4193). */
export const namedRanges: Readonly<Record<string, readonly IpRange[]>> = {
  loopback,
  private: [
    ...loopback,
    ...parseRanges('0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12'),
    ...parseRanges('192.168.0.0/16', '::', 'fc00::/7', 'fe80::/10'),
  ],
}

/**
 * Returns what the throttle counts a client by: an IPv4 address, or the /64 of an IPv6 address, which belongs to one
 * subscriber. `null` when unknown.
 *
 * @param knowsProxies whether the deployer said which proxies there are; otherwise, an address of this machine or a
 *   private network is probably that of a proxy, which all clients share
 */
export function getClientNetwork(addressText: string | null, knowsProxies: boolean): string | null {
  const address = addressText === null ? null : parseIpAddress(addressText)
  if (!address || (!knowsProxies && isPrivate(address))) return null
  const text = formatIpAddress(address)
  return text.includes(':') ? text.split(':').slice(0, 4).join(':') : text
}

function isPrivate(address: IpAddress): boolean {
  return namedRanges['private']?.some((range) => isInRange(address, range)) ?? false
}
