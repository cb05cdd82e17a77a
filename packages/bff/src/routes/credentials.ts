import type { SignInRequest } from '@latchkey/wire'
import type { Credentials } from '../authorization-server/token-request.ts'
import { warnOnce } from '../log.ts'
import { getGrant } from '../description/provider-description.ts'
import type { RouteContext } from './route-context.ts'
import { createInvalidRequestError } from './read-request.ts'

/**
 * Picks the values of these fields. Leaves out fields of other steps of the sign-in, which a page may send as well.
 *
 * @throws BffError `invalid_request` for an unknown field, a missing value or a character that cannot be sent
 */
export function pickCredentials(
  { provider, platform, logger }: RouteContext,
  credentials: Record<string, string>,
  fields: RouteContext['provider']['login']['fields'],
): Credentials {
  const challengeFields = provider.errors.challenges.flatMap((challenge) => Object.keys(challenge.fields))
  const knownFields = [...new Set([...Object.keys(provider.login.fields), ...challengeFields])]
  if (Object.keys(credentials).some((name) => !knownFields.includes(name))) {
    const message = `Unknown credential fields. Expected: ${knownFields.join(', ')}`
    const key = `credential fields ${provider.id}`
    warnOnce(logger, platform.loggedKeys, key, `Sign-in rejected with 400: ${message}`)
    throw createInvalidRequestError(message)
  }
  const picked: Credentials = {}
  for (const [name, { optional }] of Object.entries(fields)) {
    const text = Object.hasOwn(credentials, name) ? (credentials[name] ?? '') : ''
    if (!optional && text === '') throw createInvalidRequestError(`Missing credential: ${name}`)
    // RFC 6749 appendix A.15 and A.16; a lone surrogate has no UTF-8 encoding.
    if (/[\r\n]|\p{Surrogate}/u.test(text))
      throw createInvalidRequestError(`Credential ${name}: line breaks and lone surrogates are not allowed`)
    if (text !== '') picked[name] = text
  }
  return picked
}

/**
 * Returns the scope that a sign-in requests: the page's, or the provider's default.
 *
 * @throws BffError `invalid_request` when the page's scope is not on the list that the description allows
 */
export function resolveScope({ provider }: RouteContext, { scope }: SignInRequest): string[] {
  const { default: defaultScope, allowed = defaultScope } = getGrant(provider, provider.signInGrant).scope
  if (scope === undefined) return defaultScope
  if (!scope.every((value) => allowed.includes(value)))
    throw createInvalidRequestError('The provider does not allow this scope')
  return [...new Set(scope)]
}
