/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1); names are in lower case. */
export interface WwwAuthenticateChallenge {
  scheme: string
  params: Map<string, string>
}

/** Longer ones are taken for garbage. */
const maxHeaderLength = 4096
const token = "[\\w!#$%&'*+.^`|~-]+"
const part = /(?:[^",]|"(?:[^"\\]|\\.)*")+/g
const opening = new RegExp(`^(${token})(?:\\s+(.*))?$`, 's')
const parameter = new RegExp(`^(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))$`, 's')

/**
 * The challenges of the OAuth family in a `WWW-Authenticate` header, however many it has; what is no parameter of them is left
 * out.
 *
 * @see RFC 6750 §3, RFC 9449 §7.1
 */
export function parseOAuthChallenges(header: string): WwwAuthenticateChallenge[] {
  const challenges: WwwAuthenticateChallenge[] = []
  for (const text of (header.length <= maxHeaderLength && header.match(part)) || []) {
    const whole = text.trim()
    const [, scheme, rest = ''] = (!parameter.test(whole) && opening.exec(whole)) || []
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), params: new Map() })
    const [, name, quoted, bare = ''] = parameter.exec(scheme === undefined ? whole : rest) ?? []
    if (name !== undefined)
      challenges.at(-1)?.params.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/gs, '$1') ?? bare)
  }
  return challenges.filter(({ scheme }) => scheme === 'bearer' || scheme === 'dpop')
}

/** Writes challenges as the value of a header. */
export function serializeChallenges(challenges: WwwAuthenticateChallenge[]): string {
  return challenges
    .map(({ scheme, params }) => {
      const written = [...params].map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`)
      return `${scheme === 'dpop' ? 'DPoP' : 'Bearer'} ${written.join(', ')}`.trim()
    })
    .join(', ')
}
