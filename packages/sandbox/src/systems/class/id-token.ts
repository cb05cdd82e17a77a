import type { ResolvedUser } from '../../users.ts'

/** Creates the claims about a user for an ID Token and the UserInfo endpoint. */
export function createClaims(user: ResolvedUser): Record<string, string> {
  return {
    sub: String(user.id),
    name: `${user.firstName} ${user.lastName}`.trim(),
    given_name: user.firstName,
    family_name: user.lastName,
    email: user.email,
  }
}

/** Signs ID Tokens with one key, which is generated on first use. */
export interface IdTokenSigner {
  readonly sign: (claims: Record<string, unknown>) => Promise<string>
  /** The public half, as a JSON Web Key Set (RFC 7517 §5). */
  readonly keySet: () => Promise<unknown>
}

export function createIdTokenSigner(): IdTokenSigner {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const size = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
  const kid = 'sandbox'
  let keyPair: Promise<CryptoKeyPair> | undefined
  const getKeyPair = (): Promise<CryptoKeyPair> =>
    (keyPair ??= crypto.subtle.generateKey({ ...algorithm, ...size }, true, ['sign', 'verify']))

  return {
    sign: async (claims) => {
      const input = `${encodeSegment({ alg: 'RS256', typ: 'JWT', kid })}.${encodeSegment(claims)}`
      const signature = await crypto.subtle.sign(
        algorithm,
        (await getKeyPair()).privateKey,
        Buffer.from(input),
      )
      return `${input}.${Buffer.from(signature).toString('base64url')}`
    },
    keySet: async () => {
      const { kty, n, e } = await crypto.subtle.exportKey('jwk', (await getKeyPair()).publicKey)
      return { keys: [{ kty, n, e, kid, alg: 'RS256', use: 'sig' }] }
    },
  }
}

function encodeSegment(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
