/** The path at which a BFF is mounted by default. */
export const defaultBasePath = '/auth'

/** The session endpoint, below the base path: POST signs in, GET restores, DELETE signs out. */
export const sessionPath = '/session'

/**
 * The sessions of the user, below the base path: GET lists them, DELETE ends all others, and DELETE of a path with a
 * session id ends that one.
 */
export const sessionsPath = '/sessions'

/** The endpoint that returns a newer access token, below the base path. */
export const tokenPath = '/token'

/**
 * The header that every request carries. A page of another origin cannot send it without a preflight, which the BFF
 * never grants, so its presence proves that the page is on the BFF's own origin. In lower case, as `Headers` lists names.
 *
 * @see OAuth 2.0 for Browser-Based Applications §6.1.3.3.3
 */
export const csrfHeader = 'x-latchkey'

/** The value of {@link csrfHeader}. */
export const csrfHeaderValue = '1'
