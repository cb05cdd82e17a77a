/** Where a BFF is mounted unless it is told otherwise. */
export const defaultBasePath = '/auth'

/** The endpoint of the session, below the base path: POST signs in, GET restores, DELETE signs out. */
export const sessionPath = '/session'

/** The endpoint that answers with a newer access token, below the base path. */
export const tokenPath = '/token'

/**
 * The header that every request carries. A page of another origin cannot send it without a preflight,
 * which the BFF never grants, so its presence proves that our own page asked.
 *
 * @see OAuth 2.0 for Browser-Based Applications §6.1.3.3.3
 */
export const csrfHeader = 'X-Latchkey'

/** The value of {@link csrfHeader}. */
export const csrfHeaderValue = '1'
