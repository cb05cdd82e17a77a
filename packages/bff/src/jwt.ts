import { isJsonObject } from './json.ts'

/** Returns the payload of a JWT without verifying it (RFC 7519 §7.2); an empty object when the text is not a JWT. */
export function decodeJwtPayload(token: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return isJsonObject(claims) ? claims : {}
  } catch {
    return {}
  }
}
