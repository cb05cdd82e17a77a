import { z } from 'zod'
import { isJsonObject } from '../json.ts'
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

/** One of the two, judged by what it says it is, so that a fault is told of the field that has it. */
export const tokenEndpoint = z
  .custom<z.input<typeof fixedEndpoint> | z.input<typeof discoveredEndpoint>>(isJsonObject, {
    error: 'must hold a url, or discovery',
  })
  .transform((own, context) => {
    const read = 'discovery' in own ? discoveredEndpoint.safeParse(own) : fixedEndpoint.safeParse(own)
    if (read.success) return read.data
    for (const { path, message } of read.error.issues)
      context.addIssue({ code: 'custom', path: [...path], message })
    return z.NEVER
  })
