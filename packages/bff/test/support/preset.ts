import type { ProviderDescription } from '../../src/index.ts'
import { defineProvider } from '../../src/index.ts'
import type { ReceivedRequest } from './token-endpoint.ts'

/** A description as a configuration file would bring it; throws when it cannot be used. */
export function throughJson(description: ProviderDescription): ProviderDescription {
  return defineProvider(JSON.parse(JSON.stringify(description)) as ProviderDescription)
}

/** One request in one object: everything of it that a server looks at. */
export function sent(asked: ReceivedRequest | undefined): Record<string, unknown> {
  if (!asked) return {}
  const type = asked.headers.get('Content-Type')
  const authorization = asked.headers.get('Authorization')
  return {
    [asked.method]: asked.url.href,
    ...(authorization !== null && { authorization }),
    ...(type === 'application/json' && { json: JSON.parse(asked.body) as unknown }),
    ...(type?.startsWith('application/x-www-form-urlencoded') && {
      form: Object.fromEntries(new URLSearchParams(asked.body)),
    }),
    ...(type === null && asked.body !== '' && { body: asked.body }),
  }
}

/** The value of a Basic header, with the pair as it is. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
