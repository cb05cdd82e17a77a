import { z } from 'zod'
import { listPlaceholders } from '../template.ts'
import { response } from './response.ts'
import { endpointSchema, headers, reservedParams, scopeValue, textSchema } from './values.ts'

const params = z.record(z.string(), z.string()).superRefine((own, context) => {
  for (const [name, value] of Object.entries(own)) {
    const credentials = name === 'username' || name === 'password'
    if (reservedParams.includes(name) || (credentials && listPlaceholders(value).length === 0))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: credentials
          ? 'must come from what a person typed, as in "{password}{token}"'
          : 'must not be set here: the grant writes it itself',
      })
  }
})

/** One way to ask for a token. */
export const grant = z
  .strictObject({
    /** What is sent as `grant_type`, where it is not the name of the grant. */
    grantType: textSchema.optional(),
    /** Sends `params`, what was typed and what a challenge carried, and nothing of RFC 6749: no type, client or scope. */
    omitStandardParams: z.boolean().default(false),
    /** Where it is asked for, where that is not the token endpoint. */
    url: endpointSchema.optional(),
    /** How its successful answer is read, where it is not as that of the others. */
    response: response.optional(),
    /** GET puts everything into the query; only for servers that know nothing else. */
    method: z.enum(['POST', 'GET']).default('POST'),
    /** How parameters travel: `form` unless the method is GET. `none` sends none at all, not even `grant_type`. */
    encoding: z.enum(['form', 'json', 'query', 'none']).optional(),
    /**
     * How the client shows who it is; `none` sends at most its id (RFC 6749 §2.3.1). `user-basic` is Basic with what the
     * person typed.
     */
    clientAuth: z.enum(['basic', 'post', 'query', 'user-basic', 'none']).default('basic'),
    /** Whether Basic form-encodes id and secret first, as RFC 6749 appendix B asks, or not, as many servers expect. */
    basicEncoding: z.enum(['form', 'raw']).default('form'),
    /** Further parameters; `{name}` stands for what was typed into the field of that name. */
    params: params.default({}),
    headers: headers.default({}),
    scope: z
      .strictObject({
        /** Asked for when the page asks for nothing. */
        default: z.array(scopeValue).default([]),
        /** What a page may ask for; the default alone when absent. */
        allowed: z.array(scopeValue).optional(),
      })
      .default({ default: [] }),
  })
  .transform((own) => ({ ...own, encoding: own.encoding ?? (own.method === 'GET' ? 'query' : 'form') }))
  .superRefine(({ method, encoding, clientAuth }, context) => {
    const addIssue = (name: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (method === 'GET' && encoding !== 'query')
      addIssue('encoding', 'must be "query" when the method is GET, which has no body')
    if (clientAuth === 'post' && method === 'GET')
      addIssue('clientAuth', 'must not be "body" when the method is GET, which has none: use "query"')
    else if (clientAuth === 'post' && encoding !== 'form' && encoding !== 'json')
      addIssue('clientAuth', `must not be "body" when the encoding is "${encoding}"`)
    if (clientAuth === 'query' && encoding !== 'query')
      addIssue(
        'clientAuth',
        'must not be "query" when the encoding is another: use "body", which stays out of server logs',
      )
  })
