import type { Grant, Provider } from './provider-description.ts'
import type { Upstream, UpstreamAnswer, UpstreamFailure } from './upstream.ts'

/**
 * Asks an endpoint of the authorization server with the client's authentication. Where the grant is a GET, the URL with
 * the secrets in it is built here, last, and nothing of it is returned, kept or thrown.
 *
 * @param own the parameters of the grant; empty ones are not sent (RFC 6749 §3.2)
 */
export async function sendTokenRequest(
  upstream: Upstream,
  endpoint: string,
  grant: Grant,
  client: Provider['client'],
  own: Record<string, string>,
): Promise<UpstreamAnswer | UpstreamFailure> {
  const parameters = new URLSearchParams(
    Object.entries({ ...own, ...clientParameters(grant, client) }).filter(([, value]) => value !== ''),
  )
  const headers = {
    Accept: 'application/json',
    ...(grant.clientAuth === 'basic' && client && { Authorization: basic(grant, client) }),
  }
  if (grant.method === 'GET') {
    const url = new URL(endpoint)
    for (const [name, value] of parameters) url.searchParams.append(name, value)
    return upstream.send(url.href, { headers })
  }
  return upstream.send(endpoint, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: parameters.toString(),
  })
}

function clientParameters({ clientAuth }: Grant, client: Provider['client']): Record<string, string> {
  if (!client || clientAuth === 'basic') return {}
  if (clientAuth === 'none') return { client_id: client.id }
  return { client_id: client.id, client_secret: client.secret ?? '' }
}

function basic({ basicEncoding }: Grant, { id, secret = '' }: NonNullable<Provider['client']>): string {
  const pair = basicEncoding === 'form' ? `${formEncoded(id)}:${formEncoded(secret)}` : `${id}:${secret}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** RFC 6749 appendix B. */
function formEncoded(text: string): string {
  return new URLSearchParams({ _: text }).toString().slice(2)
}
