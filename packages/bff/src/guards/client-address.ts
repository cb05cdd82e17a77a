const slot = Symbol.for('@latchkey/bff socket addresses')
const shared = globalThis as { [slot]?: WeakMap<Request, string> }
// On `globalThis`, because a development server and the server code that it loads may each have their own copy of this.
const addresses = (shared[slot] ??= new WeakMap())

/** Says where the connection of a request comes from. No header says it, because anybody can write one. */
export function setSocketAddress(request: Request, address: string | undefined): void {
  if (address !== undefined) addresses.set(request, address)
}

/**
 * The address at the other end of a request's connection: of the client or, where there is a proxy in front, of the
 * proxy. `null` for a request that came through no adapter of Node.
 */
export function getSocketAddress(request: Request): string | null {
  return addresses.get(request) ?? null
}

/**
 * Who asks, for counting: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has whole; what is no
 * address counts as it stands. `null` when nobody knows: an address of this machine or of a private network is taken for
 * a proxy's, behind which everybody would look the same, unless the deployer has named it with `clientAddress`.
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
  // An IPv6 address has many spellings, of which a URL keeps one.
  if (!URL.canParse(`http://${host}`)) return address.toLowerCase()
  const { hostname } = new URL(`http://${host}`)
  if (!hostname.startsWith('[')) return hostname
  const groups = parseIpv6Groups(hostname.slice(1, -1))
  if (groups.slice(0, 6).join() !== '0,0,0,0,0,ffff') return groups.slice(0, 4).join(':')
  // An IPv4 address on a socket that takes both (RFC 4291 §2.5.5.2).
  const bytes = groups.slice(6).flatMap((group) => {
    const number = Number.parseInt(group, 16)
    return [number >> 8, number & 255]
  })
  return bytes.join('.')
}

/** The eight groups of an IPv6 address. */
function parseIpv6Groups(address: string): string[] {
  const [left = [], right] = address.split('::').map((part) => part.split(':').filter(Boolean))
  if (!right) return left
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
}

/** RFC 6890 and RFC 4193: loopback, link-local, private, shared by a carrier's customers. */
function isPrivateNetwork(network: string): boolean {
  return (
    /^(0|10|127|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(
      network,
    ) || /^(0:0:0:0$|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/.test(network)
  )
}
