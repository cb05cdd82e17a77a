import type { RequestUrl, RouteRequest } from '../route-request.ts'
import { namedRanges } from './client-address.ts'
import type { ForwardingHeaders } from './forwarding-headers.ts'
import { parseForwarded, readXForwarded } from './forwarding-headers.ts'
import type { IpAddress, IpRange } from './ip-address.ts'
import { formatIpAddress, isInRange, parseIpAddress, parseIpRange } from './ip-address.ts'

/** Which proxies are in front: none, how many, or their addresses and ranges. */
export type TrustProxy = false | number | string | string[]

/** What trusted proxies say about the client of a request; `null` where they do not. */
interface ForwardedClient {
  address: string | null
  protocol: string | null
  host: string | null
}

const [lowestIpv4, highestIpv4] = ['0.0.0.0', '255.255.255.255'].map(parseIpAddress)

/**
 * Parses an address, a range in CIDR notation, `loopback` or `private`; `null` for all other text, and for a range of all
 * IPv4 or IPv6 addresses, which would trust every client.
 */
export function parseTrustedRanges(text: string): readonly IpRange[] | null {
  if (Object.hasOwn(namedRanges, text)) return namedRanges[text] ?? null
  const range = parseIpRange(text)
  if (!range || range.prefixLength === 0) return null
  const hasAllIpv4 = [lowestIpv4, highestIpv4].every((address) => address && isInRange(address, range))
  return hasAllIpv4 ? null : [range]
}

/**
 * Creates a function that returns a request as the client sent it to the outermost trusted proxy: its address, and the
 * scheme and the host of its URL. It reads `Forwarded` (RFC 7239) and `X-Forwarded-*` only of trusted proxies, from the
 * nearest one outwards, and stops at the first address that is not trusted.
 *
 * @param warn receives a line for the operator; any client can cause many
 */
export function createClientResolver(
  trustProxy: TrustProxy | undefined,
  warn: (line: string) => void,
): (request: RouteRequest) => RouteRequest {
  if (trustProxy === undefined || trustProxy === false) return (request) => request
  const ranges = typeof trustProxy === 'number' ? [] : [trustProxy].flat().flatMap(toRanges)
  /** `hops`: how many trusted proxies are between this address and the BFF. */
  const isTrusted = (address: IpAddress | null, hops: number): boolean =>
    typeof trustProxy === 'number'
      ? hops < trustProxy
      : address !== null && ranges.some((range) => isInRange(address, range))

  return (request) => {
    const address = request.address === null ? null : parseIpAddress(request.address)
    return isTrusted(address, 0) ? new ForwardedRequest(request, resolveClient(request)) : request
  }

  function resolveClient(request: RouteRequest): ForwardedClient {
    const header = request.getHeader('forwarded')
    const xForwarded = readXForwarded(request)
    const forwarded = header === null ? undefined : parseForwarded(header)
    const client = xForwarded && findClient(xForwarded)
    const otherClient = forwarded && findClient(forwarded)
    if (forwarded === undefined) return client ?? unknownClient
    if (otherClient && (!client || isSameClient(client, otherClient))) return client ?? otherClient
    // A proxy writes one of them and passes on the other, which the client may have sent.
    warn(
      'Forwarding headers ignored: Forwarded and X-Forwarded-For contradict each other, or Forwarded is malformed. Let ' +
        'the proxy in front remove those that it does not write itself.',
    )
    return unknownClient
  }

  function findClient({ addresses, schemes, hosts }: ForwardingHeaders): ForwardedClient {
    const chain = addresses.map(parseIpAddress).toReversed()
    let hops = 1
    while (hops <= chain.length && isTrusted(chain[hops - 1] ?? null, hops)) hops += 1
    const address = chain[hops - 1]
    const select = (list: (string | null)[]): string | null => list[Math.max(0, list.length - hops)] ?? null
    // For WebSockets, some proxies write the scheme of their URL.
    const scheme = select(schemes)
      ?.toLowerCase()
      .replace(/^ws(?=s?$)/, 'http')
    const host = select(hosts)
    return {
      address: address ? formatIpAddress(address) : null,
      protocol: scheme === 'http' || scheme === 'https' ? `${scheme}:` : null,
      host: host !== null && /^[\w.:[\]-]+$/.test(host) ? host : null,
    }
  }
}

/** Characters that need no quotes in a log line. */
const requestIdPattern = /^[\w.:=+/-]{1,128}$/

const unknownClient: ForwardedClient = { address: null, protocol: null, host: null }

function toRanges(text: string): readonly IpRange[] {
  return parseTrustedRanges(text) ?? []
}

function isSameClient(client: ForwardedClient, other: ForwardedClient): boolean {
  return (
    client.address === other.address &&
    (other.protocol ?? client.protocol) === client.protocol &&
    (other.host ?? client.host) === client.host
  )
}

/** A request as its client sent it to the outermost trusted proxy. */
class ForwardedRequest implements RouteRequest {
  readonly method: string
  readonly url: RequestUrl
  readonly body: RouteRequest['body']
  readonly address: string | null
  readonly canUpgrade: boolean
  readonly forwardedId: string | undefined
  readonly #received: RouteRequest

  constructor(received: RouteRequest, client: ForwardedClient) {
    this.#received = received
    this.method = received.method
    this.url = withOrigin(received.url, client)
    this.body = received.body
    this.address = client.address
    this.canUpgrade = received.canUpgrade
    const id = received.getHeader('x-request-id')
    this.forwardedId = id !== null && requestIdPattern.test(id) ? id : undefined
  }

  get isDisconnected(): boolean {
    return this.#received.isDisconnected
  }

  getHeader(name: string): string | null {
    return this.#received.getHeader(name)
  }

  whenDisconnected(callback: () => void): void {
    this.#received.whenDisconnected(callback)
  }

  stopResponse(): void {
    this.#received.stopResponse()
  }

  toWebRequest(): Request {
    return this.#received.toWebRequest(this)
  }
}

function withOrigin(url: RequestUrl, { protocol, host }: ForwardedClient): RequestUrl {
  const origin = `${protocol ?? url.protocol}//${host ?? url.host}`
  if ((protocol === null && host === null) || !URL.canParse(origin)) return url
  const parsed = new URL(origin)
  const { pathname, search } = url
  return { protocol: parsed.protocol, host: parsed.host, hostname: parsed.hostname, pathname, search }
}
