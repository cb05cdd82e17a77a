/**
 * Whether an answer says that the token is no good: a 401, unless its `WWW-Authenticate`, with however many challenges,
 * puts the blame on something which a newer token cannot mend. Only schemes of the OAuth family have an `error`.
 *
 * @see RFC 6750 §3.1
 */
export function rejectsToken({ status, headers }: Response): boolean {
  // Without a header this reads "null", which puts the blame on nothing.
  return (
    status === 401 && !/\berror\s*=\s*"?insufficient_scope/i.test(headers.get('www-authenticate') as string)
  )
}
