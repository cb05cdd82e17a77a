import { z } from 'zod'
import { endpointSchema, textSchema } from './values.ts'

const fixedEndpoint = z.strictObject({ url: endpointSchema })
const discoveredEndpoint = z.strictObject({
  /** The issuer, or the URL of its discovery document. */
  discovery: endpointSchema,
  /** OpenID Connect Discovery (`oidc`, also when absent) or RFC 8414 (`oauth`): they differ in the document's URL. */
  flavour: z.enum(['oidc', 'oauth']).default('oidc'),
  /** The issuer that the document must name; the one that follows from `discovery` when absent. */
  issuer: textSchema.optional(),
  /** The token endpoint to use when the document cannot be fetched. */
  fallbackUrl: endpointSchema.optional(),
  /** The hosts (with their ports) that the document's endpoints may be on; any when absent. */
  hosts: z.array(textSchema).optional(),
})

/** The token endpoint: its URL, or the discovery document that names it. */
export const tokenEndpoint = z.union([fixedEndpoint, discoveredEndpoint])
