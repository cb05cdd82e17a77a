import type { ProviderDescription } from '../../src/index.ts'
import { defineProvider } from '../../src/index.ts'
import type { ReceivedRequest } from './token-endpoint.ts'

/** Returns a description after a round trip through JSON; throws when it is not valid. */
export function throughJson(description: ProviderDescription): ProviderDescription {
  return defineProvider(JSON.parse(JSON.stringify(description)) as ProviderDescription)
}

/** Everything that a server reads of one request, in one object. */
export function sent(request: ReceivedRequest | undefined): Record<string, unknown> {
  if (!request) return {}
  const type = request.headers.get('Content-Type')
  const authorization = request.headers.get('Authorization')
  return {
    [request.method]: request.url.href,
    ...(authorization !== null && { authorization }),
    ...(type === 'application/json' && { json: JSON.parse(request.body) as unknown }),
    ...(type?.startsWith('application/x-www-form-urlencoded') && {
      form: Object.fromEntries(new URLSearchParams(request.body)),
    }),
    ...(type === null && request.body !== '' && { body: request.body }),
  }
}

/** The value of a Basic header, without form encoding. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
