import type { SignInRequest } from '@latchkey/wire'
import type { Credentials } from '../authorization-server/token-request.ts'
import { getGrant } from '../description/provider-description.ts'
import type { RouteContext } from './route-context.ts'
import { createInvalidRequestError } from './read-request.ts'

/** What was typed into these fields. The rest of what a page may send, for another step of the same sign-in, is left out. */
export function pickCredentials(
  { provider }: RouteContext,
  credentials: Record<string, string>,
  fields: RouteContext['provider']['login']['fields'],
): Credentials {
  const asked = provider.errors.challenges.flatMap((challenge) => Object.keys(challenge.fields))
  const known = [...new Set([...Object.keys(provider.login.fields), ...asked])]
  if (Object.keys(credentials).some((name) => !known.includes(name)))
    throw createInvalidRequestError(`The credentials may hold ${known.join(', ')} only`)
  const typed: Credentials = {}
  for (const [name, { optional }] of Object.entries(fields)) {
    const text = Object.hasOwn(credentials, name) ? (credentials[name] ?? '') : ''
    if (!optional && text === '') throw createInvalidRequestError(`The credentials need a ${name}`)
    // RFC 6749 appendix A.15 and A.16; half a character cannot be sent as UTF-8.
    if (/[\r\n]|\p{Surrogate}/u.test(text))
      throw createInvalidRequestError(`The ${name} has a character it cannot have`)
    if (text !== '') typed[name] = text
  }
  return typed
}

/** What a page asks for, within what the description allows; an order of the same values is no other scope. */
export function resolveScope({ provider }: RouteContext, { scope }: SignInRequest): string[] {
  const { default: defaultScope, allowed = defaultScope } = getGrant(provider, provider.signInGrant).scope
  if (scope === undefined) return defaultScope
  if (!scope.every((value) => allowed.includes(value)))
    throw createInvalidRequestError('The scope holds what may not be asked for')
  return [...new Set(scope)]
}
