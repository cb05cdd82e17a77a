import type { SignInRequest } from '@latchkey/wire'
import type { Typed } from '../authorization-server/token-request.ts'
import { grantNamed } from '../description/provider-description.ts'
import type { House } from './route-context.ts'
import { invalid } from './read-request.ts'

/** What was typed into these fields. The rest of what a page may send, for another step of the same sign-in, is left out. */
export function typedFrom(
  { provider }: House,
  credentials: Record<string, string>,
  fields: House['provider']['login']['fields'],
): Typed {
  const asked = provider.errors.challenges.flatMap(({ ask }) => Object.keys(ask))
  const known = [...new Set([...Object.keys(provider.login.fields), ...asked])]
  if (Object.keys(credentials).some((name) => !known.includes(name)))
    throw invalid(`The credentials may hold ${known.join(', ')} only`)
  const typed: Typed = {}
  for (const [name, { optional }] of Object.entries(fields)) {
    const text = Object.hasOwn(credentials, name) ? (credentials[name] ?? '') : ''
    if (!optional && text === '') throw invalid(`The credentials need a ${name}`)
    // RFC 6749 appendix A.15 and A.16; half a character cannot be sent as UTF-8.
    if (/[\r\n]|\p{Surrogate}/u.test(text)) throw invalid(`The ${name} has a character it cannot have`)
    if (text !== '') typed[name] = text
  }
  return typed
}

/** What a page asks for, within what the description allows; an order of the same values is no other scope. */
export function scopeToAsk({ provider }: House, { scope }: SignInRequest): string[] {
  const { default: usual, allowed = usual } = grantNamed(provider, provider.primary).scope
  if (scope === undefined) return usual
  if (!scope.every((value) => allowed.includes(value)))
    throw invalid('The scope holds what may not be asked for')
  return [...new Set(scope)]
}
