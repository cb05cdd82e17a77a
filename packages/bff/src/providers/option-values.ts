import { z } from 'zod'
import type { ProviderDescription } from '../description/provider-description.ts'
import { grantParams } from '../description/grant.ts'
import { errors } from '../description/response.ts'
import {
  endpointSchema,
  headerValue,
  lifetimeSchema,
  pointerSchema,
  scopeValue,
  secretSchema,
  textSchema,
} from '../description/values.ts'
import { validateEndpointUrl } from '../endpoint-url.ts'
import type { OptionIssue, ParsedOptions } from '../option-issues.ts'
import { createIssueMessage, createOptionsError, parseOptions } from '../option-issues.ts'
import type { Secret } from '../secret.ts'

/** The options of one preset, and how they are checked. */
export interface PresetOptions<O> {
  /** The names of the options, the required ones first. */
  readonly names: string[]
  /**
   * Returns the options, trimmed.
   *
   * @throws BffError `server_error` whose message names every option that is missing, unknown or not valid
   */
  readonly parse: (options: O) => O
  /** Like `parse`, but returns the issues. */
  readonly tryParse: (options: unknown) => ParsedOptions<O>
}

type OptionalKeys<O> = { [K in keyof O]-?: object extends Pick<O, K> ? K : never }[keyof O]

type Schemas<O, K extends keyof O> = { [N in K]-?: z.ZodType<O[N]> }

/**
 * Defines the options of a preset. The compiler compares them with the type `O`.
 *
 * @param findConflicts finds options that are valid by themselves and contradict each other
 */
export function definePresetOptions<O extends object>(
  preset: string,
  required: Schemas<O, Exclude<keyof O, OptionalKeys<O>>>,
  optional: Schemas<O, OptionalKeys<O>>,
  findConflicts: (options: O) => OptionIssue[] = () => [],
): PresetOptions<O> {
  const shape = Object.fromEntries<z.ZodType>([
    ...Object.entries<z.ZodType>(required),
    ...Object.entries<z.ZodType>(optional).map(([name, schema]) => [name, schema.optional()] as const),
  ])
  const optionsSchema = z.strictObject(shape, { error: createIssueMessage('an object') })

  return {
    names: Object.keys(shape),
    parse(options) {
      const { value, issues } = tryParse(options)
      if (issues) throw createOptionsError(`The options of ${preset}()`, issues)
      return value
    },
    tryParse,
  }

  function tryParse(options: unknown): ParsedOptions<O> {
    const { value, issues } = parseOptions(optionsSchema, options)
    if (issues) return { value: null, issues }
    const present = Object.fromEntries(Object.entries(value).filter(([, option]) => option !== undefined))
    const conflicts = findConflicts(present as O)
    return conflicts.length > 0 ? { value: null, issues: conflicts } : { value: present as O, issues: null }
  }
}

/** A string that is not empty, exactly as it is given. */
export const exactTextOption: z.ZodType<string> = textSchema

/** A secret as text that is not empty, exactly as it is given, or a function that reads it. */
export const exactSecretOption: z.ZodType<Secret> = secretSchema

/** The URL of an endpoint, exactly as it is given. */
export const exactEndpointOption: z.ZodType<string> = endpointSchema

/** A string that is not empty. */
export const textOption: z.ZodType<string> = trimmed(textSchema)

/** A secret as text that is not empty, or a function that reads it. */
export const secretOption: z.ZodType<Secret> = trimmed(secretSchema)

/** The URL of an endpoint. */
export const endpointOption: z.ZodType<string> = trimmed(endpointSchema)

/** The URL of a site such as `https://acct.example.com`, with or without a path; slashes at its end are removed. */
export const siteOption: z.ZodType<string> = trimmed(
  textSchema.superRefine((url, context) => {
    const issue =
      validateEndpointUrl(url) ?? (/[?#]/.test(url) ? 'has a query (?…). Expected: a URL without one' : null)
    if (issue !== null) context.addIssue({ code: 'custom', message: issue })
  }),
  (url) => url.replace(/\/+$/, ''),
)

/** The name of a host, with or without a port; converted to lower case. */
export const hostOption: z.ZodType<string> = trimmed(
  textSchema.regex(/^[\w.-]+(:\d+)?$/, {
    error: createIssueMessage('the name of a host, for example "acct.example.com"'),
  }),
  (name) => name.toLowerCase(),
)

/** One segment of a path. */
export const slugOption: z.ZodType<string> = trimmed(
  textSchema.regex(/^[\w.-]+$/, {
    error: createIssueMessage('one word of letters, digits, ".", "_" and "-"'),
  }),
)

/** The value of a header. */
export const headerOption: z.ZodType<string> = trimmed(textSchema.pipe(headerValue))

/** Values of a scope. */
export const scopeOption: z.ZodType<string[]> = z.array(scopeValue)

/** Values of a scope, at least one. */
export const requiredScopeOption: z.ZodType<string[]> = z.array(scopeValue).min(1)

/** `true` or `false`. */
export const flagOption: z.ZodType<boolean> = z.boolean()

/** A lifetime in seconds. */
export const lifetimeOption: z.ZodType<number> = lifetimeSchema

/** A JSON pointer. */
export const pointerOption: z.ZodType<string> = pointerSchema

/** Parameters of a grant. */
export const paramsOption: z.ZodType<Record<string, string>> = grantParams

/** The rules of `errors.map` in a description. */
export const errorRulesOption: z.ZodType<NonNullable<NonNullable<ProviderDescription['errors']>['map']>> =
  errors.shape.map.unwrap()

/** Creates the schema of an option that is one of a few words. */
export function createChoiceOption<const W extends string>(...words: W[]): z.ZodType<W> {
  return z.enum(words) as z.ZodType<W>
}

/** Creates the schema of an option that is an array of a few words. */
export function createChoicesOption<const W extends string>(...words: W[]): z.ZodType<W[]> {
  return z.array(createChoiceOption(...words))
}

/** The options of a client that most presets have in common. */
export interface ClientOptions {
  /** The client id. */
  clientId: string
  /** The client secret; a client without one sends its id alone. */
  clientSecret?: Secret
  /** The scope that a sign-in requests; none when absent. */
  scope?: string[]
  /** The values that a page may request instead; those of `scope` when absent. */
  allowedScope?: string[]
}

/** The schemas of {@link ClientOptions}. */
export const clientOptions: {
  required: Schemas<ClientOptions, 'clientId'>
  optional: Schemas<ClientOptions, 'clientSecret' | 'scope' | 'allowedScope'>
} = {
  required: { clientId: textOption },
  optional: { clientSecret: secretOption, scope: scopeOption, allowedScope: scopeOption },
}

/**
 * Creates the parts of a description that the client options determine. The client authenticates with `post`, because
 * servers, and versions of one server, disagree on how Basic encodes a secret.
 */
export function createClientConfig({ clientId, clientSecret, scope = [], allowedScope }: ClientOptions): {
  client: { id: string; secret?: Secret }
  grantDefaults: { clientAuth: 'post' | 'none' }
  scope: { default: string[]; allowed?: string[] }
} {
  return {
    client: { id: clientId, ...(clientSecret !== undefined && { secret: clientSecret }) },
    grantDefaults: { clientAuth: clientSecret === undefined ? 'none' : 'post' },
    scope: { default: scope, ...(allowedScope && { allowed: allowedScope }) },
  }
}

/** Removes white space and byte order marks from both ends: copying adds them, and they make a correct secret wrong. */
function trimmed<T>(schema: z.ZodType<T>, normalize = (value: string): string => value): z.ZodType<T> {
  return z.preprocess(
    (value) =>
      typeof value === 'string' ? normalize(value.replaceAll(/^[\s\u{feff}]+|[\s\u{feff}]+$/gu, '')) : value,
    schema,
  )
}
