const slot = Symbol.for('@latchkey/bff socket addresses')
const shared = globalThis as { [slot]?: WeakMap<Request, string> }
// On `globalThis`, because a development server and the server code that it loads may have two copies of this module.
const addresses = (shared[slot] ??= new WeakMap())

/** Records the address that a request's connection comes from. Headers are not used: clients can send any value. */
export function setSocketAddress(request: Request, address: string | undefined): void {
  if (address !== undefined) addresses.set(request, address)
}

/**
 * Returns the address at the other end of a request's connection: the client's or, behind a proxy, the proxy's. `null`
 * for requests that did not come through the adapter for Node.
 */
export function getSocketAddress(request: Request): string | null {
  return addresses.get(request) ?? null
}

/**
 * Returns the client of a request, for the throttle: an IPv4 address, or the /64 of an IPv6 address, which belongs to one
 * subscriber. Text from `clientAddress` that is not an address is used as it is. `null` when unknown: without
 * `clientAddress`, an address of this machine or a private network is probably a proxy's, which all clients share.
 */
export function getClientAddress(
  request: Request,
  clientAddress: ((request: Request) => string | null) | undefined,
): string | null {
  const address = clientAddress ? clientAddress(request) : getSocketAddress(request)
  if (typeof address !== 'string' || address.trim() === '') return null
  const client = toNetwork(address.trim())
  return !clientAddress && isPrivateNetwork(client) ? null : client
}

function toNetwork(address: string): string {
  const bare = address.replace(/%.*$/, '')
  const host = /^\[|^\d+(\.\d+){3}(:\d+)?$/.test(bare) ? bare : `[${bare}]`
  // An IPv6 address has many spellings; the URL parser normalizes them.
  if (!URL.canParse(`http://${host}`)) return address.toLowerCase()
  const { hostname } = new URL(`http://${host}`)
  if (!hostname.startsWith('[')) return hostname
  const groups = parseIpv6Groups(hostname.slice(1, -1))
  if (groups.slice(0, 6).join() !== '0,0,0,0,0,ffff') return groups.slice(0, 4).join(':')
  // An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).
  const bytes = groups.slice(6).flatMap((group) => {
    const number = Number.parseInt(group, 16)
    return [number >> 8, number & 255]
  })
  return bytes.join('.')
}

/** Parses an IPv6 address into its eight groups. */
function parseIpv6Groups(address: string): string[] {
  const [left = [], right] = address.split('::').map((part) => part.split(':').filter(Boolean))
  if (!right) return left
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
}

/** Whether a network is loopback, link-local, private or carrier-grade NAT (RFC 6890, RFC 4193). */
function isPrivateNetwork(network: string): boolean {
  return (
    /^(0|10|127|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(
      network,
    ) || /^(0:0:0:0$|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/.test(network)
  )
}
