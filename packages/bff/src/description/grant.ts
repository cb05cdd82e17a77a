import { z } from 'zod'
import { listPlaceholders } from '../template.ts'
import { response } from './response.ts'
import { endpointSchema, headers, reservedParams, scopeValue, textSchema } from './values.ts'

/** Parameters of a grant, except those that Latchkey sets. */
export const grantParams = z.record(z.string(), z.string()).superRefine((params, context) => {
  for (const [name, value] of Object.entries(params)) {
    const isCredential = name === 'username' || name === 'password'
    if (reservedParams.includes(name) || (isCredential && listPlaceholders(value).length === 0))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: isCredential
          ? 'is a fixed value. Expected: a template with a field of the user, such as "{password}{token}"'
          : 'is not allowed here. Expected: another parameter, because Latchkey sets this one',
      })
  }
})

/** One grant: a kind of token request. */
export const grant = z
  .strictObject({
    /** The parameter `grant_type`; the name of the grant when absent. */
    grantType: textSchema.optional(),
    /**
     * Sends `params`, the user's fields and the continuation of a challenge, without `grant_type`, client and scope;
     * `false` when absent.
     */
    omitStandardParams: z.boolean().default(false),
    /** The URL of this grant; the token endpoint when absent. */
    url: endpointSchema.optional(),
    /** How its successful response is read; the description's `response` when absent. */
    response: response.optional(),
    /** `GET` sends everything in the query, for servers that support nothing else; `POST` when absent. */
    method: z.enum(['POST', 'GET']).default('POST'),
    /** How parameters are sent; `form`, or `query` with GET, when absent. `none` sends none, not even `grant_type`. */
    encoding: z.enum(['form', 'json', 'query', 'none']).optional(),
    /**
     * The client authentication method (RFC 6749 §2.3.1): `none` sends at most the client id, `user-basic` sends the
     * user's credentials by Basic. `basic` when absent.
     */
    clientAuth: z.enum(['basic', 'post', 'query', 'user-basic', 'none']).default('basic'),
    /** `form` encodes id and secret before Basic (RFC 6749 appendix B), `raw` does not; `form` when absent. */
    basicEncoding: z.enum(['form', 'raw']).default('form'),
    /** Further parameters, where `{name}` stands for the user's field of that name. */
    params: grantParams.default({}),
    /** Further headers of the request. */
    headers: headers.default({}),
    scope: z
      .strictObject({
        /** The scope of a sign-in that requests none; empty when absent. */
        default: z.array(scopeValue).default([]),
        /** The values that a page may request; those of `default` when absent. */
        allowed: z.array(scopeValue).optional(),
      })
      .default({ default: [] }),
  })
  .transform((fields) => ({
    ...fields,
    encoding: fields.encoding ?? (fields.method === 'GET' ? 'query' : 'form'),
  }))
  .superRefine(({ method, encoding, clientAuth }, context) => {
    const addIssue = (name: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (method === 'GET' && encoding !== 'query')
      addIssue('encoding', `is "${encoding}". Expected: "query", because a GET request has no body`)
    if (clientAuth === 'post' && method === 'GET')
      addIssue('clientAuth', 'is "post". Expected: "query", because a GET request has no body')
    else if (clientAuth === 'post' && encoding !== 'form' && encoding !== 'json')
      addIssue(
        'clientAuth',
        `is "post". Expected: another method, because the encoding "${encoding}" sends no body`,
      )
    if (clientAuth === 'query' && encoding !== 'query')
      addIssue(
        'clientAuth',
        'is "query". Expected: "post", which stays out of server logs ("query" needs the encoding "query")',
      )
  })
