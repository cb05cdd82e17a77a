import type { Client, Grant } from '../description/provider-description.ts'

/** What authenticates the client in one request. A request uses one method only (RFC 6749 §2.3). */
export interface ClientAuthentication {
  headers: Record<string, string>
  parameters: Record<string, string>
}

/** Creates the headers and parameters that authenticate the client; both are empty without a client. */
export function createClientAuthentication(
  { clientAuth, basicEncoding }: Pick<Grant, 'clientAuth' | 'basicEncoding'>,
  client: Client | undefined,
): ClientAuthentication {
  if (!client || clientAuth === 'user-basic') return { headers: {}, parameters: {} }
  const { id, secret = '' } = client
  if (clientAuth === 'basic') {
    const [user, password] =
      basicEncoding === 'form' ? [formUrlEncode(id), formUrlEncode(secret)] : [id, secret]
    return { headers: { Authorization: formatBasicAuth(user, password) }, parameters: {} }
  }
  return {
    headers: {},
    parameters: { client_id: id, ...(clientAuth !== 'none' && { client_secret: secret }) },
  }
}

/** Whether RFC 6749 appendix A.2 allows every character of a client secret: visible ASCII and the space. */
export function isStandardClientSecret(secret: string): boolean {
  return /^[\u0020-\u007e]*$/.test(secret)
}

/** Formats an `Authorization` header of the scheme Basic, in UTF-8 (RFC 7617). */
export function formatBasicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Encodes a value as `application/x-www-form-urlencoded` (RFC 6749 appendix B). */
export function formUrlEncode(text: string): string {
  return new URLSearchParams({ _: text }).toString().slice(2)
}
