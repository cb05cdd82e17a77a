import type { Client, Grant } from '../description/provider-description.ts'

/** How the client shows who it is: one way, and only one (RFC 6749 §2.3). */
export interface ClientAuthentication {
  headers: Record<string, string>
  parameters: Record<string, string>
}

/** What a request carries so that the server knows the client; nothing where there is none. */
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

/** RFC 7617, with UTF-8. */
export function formatBasicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** RFC 6749 appendix B. */
export function formUrlEncode(text: string): string {
  return new URLSearchParams({ _: text }).toString().slice(2)
}
