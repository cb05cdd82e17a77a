import type { z } from 'zod'
import { findConsistencyIssues } from './consistency.ts'
import type { grant } from './grant.ts'
import { getSignInGrant, descriptionSchema } from './schema.ts'
import { BffError } from '../errors.ts'

const providerSchema = descriptionSchema
  .superRefine((description, context) => {
    for (const { path, message } of findConsistencyIssues(description))
      context.addIssue({ code: 'custom', path, message })
  })
  .transform((description) => ({ ...description, signInGrant: getSignInGrant(description) }))

/** One authorization server and how it is spoken to: plain data that survives JSON, without functions. */
export type ProviderDescription = z.input<typeof providerSchema>

/** A description that was found good, with every default in its place. */
export type Provider = z.output<typeof providerSchema>

/** One way to ask for a token. */
export type Grant = z.output<typeof grant>

/** A refusal that asks for something more. */
export type ChallengeRule = Provider['errors']['challenges'][number]

/** Who the BFF is at the authorization server. */
export interface Client {
  id: string
  secret?: string | undefined
}

/**
 * Checks the description of a provider and returns it as it is.
 *
 * @throws BffError `server_error` whose message names every field that is wrong, and what would be right
 */
export function defineProvider(description: ProviderDescription): ProviderDescription {
  parseProvider(description)
  return description
}

/** Reads a description: see {@link defineProvider}. */
export function parseProvider(description: ProviderDescription): Provider {
  const read = providerSchema.safeParse(description)
  if (read.success) return read.data
  const issues = read.error.issues.map(
    ({ path, message }) => `  ${path.join('.') || 'the description'}: ${message}`,
  )
  throw new BffError('server_error', `The provider description cannot be used:\n${issues.join('\n')}`)
}

/** The grant of that name, which the description is known to have. */
export function getGrant(provider: Pick<Provider, 'grants'>, name: string): Grant {
  const found = Object.hasOwn(provider.grants, name) ? provider.grants[name] : undefined
  if (!found) throw new BffError('server_error', `The provider describes no grant ${name}`)
  return found
}
