import type { RouteRequest } from '../route-request.ts'

/** What the proxies in front wrote about a request. Each list begins with the outermost proxy. */
export interface ForwardingHeaders {
  /** Which address each proxy received the request from, as it was written. */
  addresses: string[]
  /** The scheme and the host that each proxy was requested with, as they were written; `null` when one did not say. */
  schemes: (string | null)[]
  hosts: (string | null)[]
}

/** Reads `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`; `null` when the request has none of them. */
export function readXForwarded(request: RouteRequest): ForwardingHeaders | null {
  const addresses = readList(request, 'x-forwarded-for')
  const schemes = readList(request, 'x-forwarded-proto')
  const hosts = readList(request, 'x-forwarded-host')
  return (addresses ?? schemes ?? hosts)
    ? { addresses: addresses ?? [], schemes: schemes ?? [], hosts: hosts ?? [] }
    : null
}

function readList(request: RouteRequest, name: string): string[] | null {
  return (
    request
      .getHeader(name)
      ?.split(',')
      .map((item) => item.trim()) ?? null
  )
}

const token = "[\\w!#$%&'*+.^`|~-]+"
const pair = new RegExp(
  String.raw`[ \t]*(?:(${token})=(?:(${token})|"((?:[^"\\]|\\.)*)")[ \t]*)?([;,]|$)`,
  'y',
)

/**
 * Parses `Forwarded` (RFC 7239 §4): one element per proxy.
 *
 * @returns `null` when the header is malformed: then nothing says where the part of the nearest proxy begins
 */
export function parseForwarded(header: string): ForwardingHeaders | null {
  const elements: Map<string, string>[] = [new Map()]
  pair.lastIndex = 0
  while (pair.lastIndex < header.length) {
    const match = pair.exec(header)
    if (!match) return null
    const [, name, plain, quoted, separator] = match
    if (name !== undefined)
      elements.at(-1)?.set(name.toLowerCase(), plain ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '')
    if (separator === ',') elements.push(new Map())
  }
  return {
    addresses: elements.map((element) => element.get('for') ?? ''),
    schemes: elements.map((element) => element.get('proto') ?? null),
    hosts: elements.map((element) => element.get('host') ?? null),
  }
}
