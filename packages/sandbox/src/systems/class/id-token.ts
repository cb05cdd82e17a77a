import type { SandboxUser } from '../../users.ts'

/** What an ID Token and the UserInfo endpoint tell of a user. */
export function createClaims(user: SandboxUser): Record<string, string> {
  return {
    sub: String(user.id),
    name: `${user.firstName} ${user.lastName}`,
    given_name: user.firstName,
    family_name: user.lastName,
    email: user.email,
  }
}

/** Signs ID Tokens with a key of its own, made when the first one is asked for. */
export interface IdTokenSigner {
  readonly sign: (claims: Record<string, unknown>) => Promise<string>
  /** The public half, as a JSON Web Key Set (RFC 7517 §5). */
  readonly keySet: () => Promise<unknown>
}

export function createIdTokenSigner(): IdTokenSigner {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const size = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
  const kid = 'sandbox'
  let made: Promise<CryptoKeyPair> | undefined
  const keys = (): Promise<CryptoKeyPair> =>
    (made ??= crypto.subtle.generateKey({ ...algorithm, ...size }, true, ['sign', 'verify']))

  return {
    sign: async (claims) => {
      const signed = `${encoded({ alg: 'RS256', typ: 'JWT', kid })}.${encoded(claims)}`
      const signature = await crypto.subtle.sign(algorithm, (await keys()).privateKey, Buffer.from(signed))
      return `${signed}.${Buffer.from(signature).toString('base64url')}`
    },
    keySet: async () => {
      const { kty, n, e } = await crypto.subtle.exportKey('jwk', (await keys()).publicKey)
      return { keys: [{ kty, n, e, kid, alg: 'RS256', use: 'sig' }] }
    },
  }
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
