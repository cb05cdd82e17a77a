import { parseHeaderList } from './header-list.ts'

/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1); names are in lower case. */
export interface WwwAuthenticateChallenge {
  scheme: string
  params: Map<string, string>
}

const tokenPattern = "[\\w!#$%&'*+.^`|~-]+"
const challengePattern = new RegExp(`^(${tokenPattern})(?:\\s+(.*))?$`, 's')
const parameterPattern = new RegExp(
  `^(${tokenPattern})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${tokenPattern}))$`,
  's',
)

/**
 * Parses the Bearer and DPoP challenges of a `WWW-Authenticate` header, which may contain several. Other schemes and
 * malformed parameters are left out.
 *
 * @see RFC 6750 §3, RFC 9449 §7.1
 */
export function parseOAuthChallenges(header: string): WwwAuthenticateChallenge[] {
  const challenges: WwwAuthenticateChallenge[] = []
  for (const part of parseHeaderList(header)) {
    const [, scheme, firstParameter = ''] =
      (!parameterPattern.test(part) && challengePattern.exec(part)) || []
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), params: new Map() })
    const [, name, quoted, unquoted = ''] =
      parameterPattern.exec(scheme === undefined ? part : firstParameter) ?? []
    if (name !== undefined)
      challenges.at(-1)?.params.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/gs, '$1') ?? unquoted)
  }
  return challenges.filter(({ scheme }) => scheme === 'bearer' || scheme === 'dpop')
}

/** Serializes challenges as the value of a `WWW-Authenticate` header. */
export function serializeChallenges(challenges: WwwAuthenticateChallenge[]): string {
  return challenges
    .map(({ scheme, params }) => {
      const pairs = [...params].map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`)
      return `${scheme === 'dpop' ? 'DPoP' : 'Bearer'} ${pairs.join(', ')}`.trim()
    })
    .join(', ')
}
