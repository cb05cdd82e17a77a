/** The origins whose pages may call the APIs: any (`true`), those in the list, or none (`false`). */
export type CorsOrigins = boolean | readonly string[]

/** Adds the CORS protocol to the APIs, which their documentation does not mention. */
export interface Cors {
  /** @throws TypeError when an entry of the list is not an origin */
  readonly setOrigins: (origins: CorsOrigins) => void
  /**
   * Returns the response to a preflight request from an allowed origin, or `null` for any other request.
   *
   * @param methods of the endpoint; absent when a path has none, so that the page can read the 404
   */
  readonly respondToPreflight: (request: Request, methods?: readonly string[]) => Response | null
  /** Lets a page of an allowed origin read the response. Headers that are already set stay. */
  readonly addHeaders: (request: Request, response: Response) => void
}

/** @see https://fetch.spec.whatwg.org/#http-cors-protocol */
export function createCors(initialOrigins: CorsOrigins): Cors {
  let origins: CorsOrigins = false

  function setOrigins(newOrigins: CorsOrigins): void {
    const issue = validateCorsOrigins(newOrigins)
    if (issue !== null) throw new TypeError(issue)
    origins = newOrigins
  }

  /** Returns the value of `Access-Control-Allow-Origin`, or `null` when the origin is not allowed. */
  function getAllowedOrigin({ headers }: Request): string | null {
    if (typeof origins === 'boolean') return origins ? '*' : null
    const origin = headers.get('Origin')
    return origin !== null && origins.includes(origin) ? origin : null
  }

  setOrigins(initialOrigins)
  return {
    setOrigins,
    respondToPreflight: (request, methods = commonMethods) => {
      if (!isPreflight(request) || getAllowedOrigin(request) === null) return null
      return new Response(null, {
        status: 204,
        headers: {
          'Access-Control-Allow-Methods': methods.join(', '),
          'Access-Control-Allow-Headers': allowedHeaders,
          // Browsers cache a preflight response for 5 s by default: setOrigins must take effect at once.
          'Access-Control-Max-Age': '0',
        },
      })
    },
    addHeaders: (request, { headers }) => {
      const allowedOrigin = getAllowedOrigin(request)
      if (typeof origins !== 'boolean') headers.append('Vary', 'Origin')
      if (allowedOrigin === null) return
      setIfAbsent(headers, 'Access-Control-Allow-Origin', allowedOrigin)
      setIfAbsent(headers, 'Access-Control-Expose-Headers', exposedHeaders)
    },
  }
}

const commonMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The headers in which the documented APIs accept a token or an integration, and the content type of a body. */
const allowedHeaders = 'Authorization, Content-Type, X-Authorization, X-Integration-Id'

/** The headers by which a page recognizes a rejected token and a temporary failure. */
const exposedHeaders = 'WWW-Authenticate, Retry-After'

export function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('Origin') && headers.has('Access-Control-Request-Method')
}

/** Returns what is wrong with a value for {@link CorsOrigins}, or `null`. */
export function validateCorsOrigins(value: unknown): string | null {
  if (typeof value === 'boolean') return null
  if (!Array.isArray(value)) {
    return 'cors: is neither a boolean nor a list. Expected: true, false or a list of origins.'
  }
  const issues = value.flatMap((entry: unknown, index) =>
    isOrigin(entry)
      ? []
      : [`cors[${index}]: is not an origin. Expected: a scheme, host and port, such as "${exampleOrigin}".`],
  )
  return issues.length === 0 ? null : issues.join('\n')
}

export const exampleOrigin = 'http://localhost:5173'

export function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value
}

function setIfAbsent(headers: Headers, name: string, value: string): void {
  if (!headers.has(name)) headers.set(name, value)
}
