/**
 * Whether a `WWW-Authenticate` header, with however many challenges, puts the blame on something which a
 * newer token cannot mend. Only schemes of the OAuth family have an `error` parameter.
 *
 * @see RFC 6750 §3.1
 */
export function isAnotherFault(header: string | null): boolean {
  // Without a header this reads "null", which puts the blame on nothing.
  return /\berror\s*=\s*"?insufficient_scope/i.test(header as string)
}
