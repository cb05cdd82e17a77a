/** An address as the eight 16-bit groups of IPv6; an IPv4 address is the IPv4-mapped one (RFC 4291 §2.5.5.2). */
export type IpAddress = readonly number[]

/** All addresses whose first `prefixLength` of 128 bits are those of `address`. */
export interface IpRange {
  address: IpAddress
  prefixLength: number
}

const octet = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
const ipv4Pattern = new RegExp(String.raw`^${octet}(?:\.${octet}){3}$`)
const mappedPrefix = [0, 0, 0, 0, 0, 0xffff]

/**
 * Parses an address as proxies write it: with a port (`192.0.2.1:80`), in brackets (`[2001:db8::1]:80`) or with a zone
 * (`fe80::1%eth0`). `null` for all other text, such as `unknown` and numbers that only some parsers take for an address.
 */
export function parseIpAddress(text: string): IpAddress | null {
  const trimmed = text.trim()
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(trimmed) ?? []
  if (bracketed !== undefined) return parseIpv6(bracketed)
  return parseIpv4(trimmed.replace(/:\d{1,5}$/, '')) ?? parseIpv6(trimmed)
}

/** Parses an address, or a range in CIDR notation such as `10.0.0.0/8`; `null` for all other text. */
export function parseIpRange(text: string): IpRange | null {
  const [, base = '', length] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? []
  const ipv4 = parseIpv4(base)
  const address = ipv4 ?? parseIpv6(base)
  const maxLength = ipv4 ? 32 : 128
  const givenLength = length === undefined ? maxLength : Number(length)
  return address && givenLength <= maxLength ? { address, prefixLength: givenLength + 128 - maxLength } : null
}

/** Whether an address lies in a range. */
export function isInRange(address: IpAddress, { address: base, prefixLength }: IpRange): boolean {
  return address.every((group, index) => {
    const bits = Math.min(16, Math.max(0, prefixLength - index * 16))
    const mask = (0xffff << (16 - bits)) & 0xffff
    return (group & mask) === ((base[index] ?? 0) & mask)
  })
}

/** Formats an address: IPv4 with dots, also when it is mapped; IPv6 as its eight groups. */
export function formatIpAddress(address: IpAddress): string {
  const [high = 0, low = 0] = address.slice(6)
  if (mappedPrefix.every((group, index) => address[index] === group))
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return address.map((group) => group.toString(16)).join(':')
}

function parseIpv4(text: string): IpAddress | null {
  if (!ipv4Pattern.test(text)) return null
  const [first = 0, second = 0, third = 0, fourth = 0] = text.split('.').map(Number)
  return [...mappedPrefix, (first << 8) | second, (third << 8) | fourth]
}

function parseIpv6(text: string): IpAddress | null {
  const [withoutZone = ''] = text.split('%')
  if (!/^[\da-f:.]+$/i.test(withoutZone)) return null
  // The last two groups may have the form of an IPv4 address.
  const [ipv4Text] = /(?<=:)[\d.]*\.[\d.]*$/.exec(withoutZone) ?? ['']
  const ipv4 = ipv4Text === '' ? [] : parseIpv4(ipv4Text)?.slice(6)
  if (!ipv4) return null
  const hexText = withoutZone.slice(0, withoutZone.length - ipv4Text.length)
  const groupsText = ipv4Text === '' || hexText.endsWith('::') ? hexText : hexText.slice(0, -1)
  const [left, right, ...rest] = groupsText.split('::').map(parseGroups)
  if (!left || right === null || rest.length > 0) return null
  const missing = 8 - left.length - (right?.length ?? 0) - ipv4.length
  if (right === undefined) return missing === 0 ? [...left, ...ipv4] : null
  return missing > 0 ? [...left, ...Array<number>(missing).fill(0), ...right, ...ipv4] : null
}

/** Parses groups that colons separate; `null` when one is not a number of 16 bits. */
function parseGroups(text: string): number[] | null {
  if (text === '') return []
  const groups = text.split(':')
  return groups.every((group) => /^[\da-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : null
}
