import type { z } from 'zod'
import { findConsistencyIssues } from './consistency.ts'
import type { grant } from './grant.ts'
import { getSignInGrant, descriptionSchema } from './schema.ts'
import { BffError } from '../errors.ts'
import type { ParsedOptions } from '../option-issues.ts'
import { createOptionsError, parseOptions } from '../option-issues.ts'
import type { ReadSecret, Secret } from '../secret.ts'

const providerSchema = descriptionSchema
  .superRefine((description, context) => {
    for (const { path, message } of findConsistencyIssues(description))
      context.addIssue({ code: 'custom', path, message })
  })
  .transform((description) => ({
    ...description,
    client: description.client && parseClient(description.client),
    signInGrant: getSignInGrant(description),
  }))

/**
 * A description of one authorization server and its API: plain data, which can be stored as JSON unless a function reads
 * the client secret.
 */
export type ProviderDescription = z.input<typeof providerSchema>

/** A valid description with all defaults filled in. */
export type Provider = z.output<typeof providerSchema>

/** One grant of a provider. */
export type Grant = z.output<typeof grant>

/** A rule for an error that requires another step of the sign-in. */
export type ChallengeRule = Provider['errors']['challenges'][number]

/** The client that the BFF is at the authorization server. */
export interface Client {
  id: string
  /** Absent when a function reads it. */
  secret?: string | undefined
  readSecret?: ReadSecret | undefined
}

/**
 * Checks the description of a provider and returns it unchanged, so that its type is inferred and mistakes are found
 * where they are made.
 *
 * @throws BffError `server_error` whose message names every member that is wrong, and what would be right
 * @example
 *   export const provider = defineProvider({
 *     id: 'warehouse',
 *     client: { id: 'portal', secret: process.env.CLIENT_SECRET ?? '' },
 *     token: { url: 'https://warehouse.example.com/oauth/token' },
 *     grants: { password: {}, refresh_token: {} },
 *     refresh: { mode: 'refresh_token' },
 *   })
 */
export function defineProvider(description: ProviderDescription): ProviderDescription {
  parseProvider(description)
  return description
}

/**
 * Checks a description and fills in its defaults.
 *
 * @throws BffError as {@link defineProvider} does
 */
export function parseProvider(description: ProviderDescription): Provider {
  const { value, issues } = tryParseProvider(description)
  if (issues) throw createOptionsError('The provider description', issues, 'description')
  return value
}

/** Like {@link parseProvider}, but returns the issues. */
export function tryParseProvider(description: unknown): ParsedOptions<Provider> {
  return parseOptions(providerSchema, description)
}

/**
 * Returns a grant by its name.
 *
 * @throws BffError `server_error` when the provider has no such grant, which {@link parseProvider} rules out
 */
export function getGrant(provider: Pick<Provider, 'grants'>, name: string): Grant {
  const grant = Object.hasOwn(provider.grants, name) ? provider.grants[name] : undefined
  if (!grant) throw new BffError('server_error', `The provider has no grant ${name}`)
  return grant
}

function parseClient({ id, secret }: { id: string; secret?: Secret | undefined }): Client {
  return typeof secret === 'function' ? { id, readSecret: secret } : { id, secret }
}
