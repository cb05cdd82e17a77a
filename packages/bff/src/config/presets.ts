import { z } from 'zod'
import { BffError } from '../errors.ts'
import type { ProviderDescription } from '../description/provider-description.ts'
import * as make from '../providers/index.ts'

/** A function of this folder, for who writes JSON: there no compiler tells of an option that is misspelt. */
export interface Preset {
  /** The names of its options. */
  options: string[]
  /** @throws BffError `server_error` that names every option that is missing, unknown or of the wrong kind */
  createDescription(options: Record<string, unknown>): ProviderDescription
}

const text = z.string().min(1, 'must not be empty')
const texts = z.array(text)

/** What most of them have in common. */
const clientIdAndSecret = { clientId: text, clientSecret: text }
const client = { clientId: text }
const commonOptions = { clientSecret: text, scope: texts, allowedScope: texts }

/** Every preset, by its name. The compiler sees to it that the options are those of the function. */
export const presets: Record<string, Preset> = {
  auth0: preset(make.auth0, { ...client, domain: text }, { ...commonOptions, audience: text, realm: text }),
  axosoft: preset(
    make.axosoft,
    { ...clientIdAndSecret, site: text },
    { scope: z.array(z.enum(['read', 'write'])), method: z.enum(['GET', 'POST']) },
  ),
  azureV1: preset(
    make.azureV1,
    { ...client, tenant: text, resource: text },
    { clientSecret: text, authority: text },
  ),
  brightPattern: preset(
    make.brightPattern,
    { tenant: text },
    { site: text, version: z.enum(['v2', 'v3']), keepApiSecret: z.boolean() },
  ),
  classSuper: preset(
    make.classSuper,
    { business: text, scope: texts },
    { clientId: text, clientSecret: text, discovery: text, tokenEndpoint: text, api: text },
  ),
  classy: preset(make.classy, clientIdAndSecret, { integrationId: text, site: text }),
  djangoOAuthToolkit: preset(make.djangoOAuthToolkit, { ...client, site: text }, commonOptions),
  doorkeeper: preset(make.doorkeeper, { ...client, site: text }, commonOptions),
  fusionAuth: preset(make.fusionAuth, { ...client, site: text }, commonOptions),
  glewlwyd: preset(
    make.glewlwyd,
    { ...client, issuer: text, scope: texts },
    { clientSecret: text, allowedScope: texts },
  ),
  jamf: preset(make.jamf, { site: text }, {}),
  keycloak: preset(
    make.keycloak,
    { ...client, site: text, realm: text },
    { ...commonOptions, otp: z.boolean() },
  ),
  laravelPassport: preset(make.laravelPassport, { ...client, site: text }, commonOptions),
  netatmo: preset(make.netatmo, { ...clientIdAndSecret, scope: texts }, {}),
  oauth2: preset(
    make.oauth2,
    {},
    {
      tokenEndpoint: text,
      issuer: text,
      grant: z.enum(['password', 'client_credentials']),
      clientId: text,
      clientAuth: z.enum(['basic', 'post', 'none']),
      basicEncoding: z.enum(['form', 'raw']),
      ...commonOptions,
      params: z.record(z.string(), z.string()),
      refresh: z.boolean(),
      revocationEndpoint: text,
      defaultLifetime: z.number(),
      user: z.string(),
      errors: listSchema(),
      defaultTokenType: text,
      id: text,
    },
  ),
  podio: preset(make.podio, clientIdAndSecret, { redirectUri: text }),
  reddit: preset(make.reddit, { ...clientIdAndSecret, userAgent: text }, { scope: texts, otp: z.boolean() }),
  salesforce: preset(make.salesforce, clientIdAndSecret, { site: text }),
  sugarCrm: preset(
    make.sugarCrm,
    { site: text, platform: text },
    {
      clientId: text,
      clientSecret: text,
      version: text,
      header: z.enum(['Authorization', 'OAuth-Token']),
    },
  ),
  wso2: preset(
    make.wso2,
    { ...clientIdAndSecret, tokenEndpoint: text },
    { scope: texts, allowedScope: texts },
  ),
}

type Optional<O> = { [K in keyof O]-?: object extends Pick<O, K> ? K : never }[keyof O]

type Schemas<O, K extends keyof O> = { [N in K]-?: z.ZodType<O[N]> }

function preset<O>(
  own: (options: O) => ProviderDescription,
  required: Schemas<O, Exclude<keyof O, Optional<O>>>,
  optional: Schemas<O, Optional<O>>,
): Preset {
  const schemas: [string, z.ZodType][] = [
    ...Object.entries<z.ZodType>(required),
    ...Object.entries<z.ZodType>(optional).map(([name, one]): [string, z.ZodType] => [name, one.optional()]),
  ]
  const shape = z.strictObject(Object.fromEntries(schemas))
  const options = schemas.map(([name]) => name)
  return {
    options,
    createDescription(given) {
      const read = shape.safeParse(given, { error: (issue) => formatOptionIssue(issue, options) })
      if (read.success) return own(read.data as O)
      const issues = read.error.issues.map(({ path, message }) =>
        path.length === 0 ? `    ${message}` : `    ${path.join('.')}: ${message}`,
      )
      throw new BffError('server_error', issues.join('\n'))
    },
  }
}

function formatOptionIssue(
  { code, input, keys }: { code: string; input?: unknown; keys?: unknown },
  options: string[],
): string | undefined {
  if (code === 'unrecognized_keys')
    return `${(keys as string[]).join(', ')}: no such option; there are ${options.join(', ')}`
  return code === 'invalid_type' && input === undefined ? 'must be given' : undefined
}

/** What is in it is judged with the description that comes of it. */
function listSchema<T>(): z.ZodType<T[]> {
  return z.custom<T[]>((own) => Array.isArray(own), 'must be a list')
}
