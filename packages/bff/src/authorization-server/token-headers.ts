import type { Provider } from '../description/provider-description.ts'

/**
 * Creates the header that sends a token to a resource server; none when the token goes into the query (RFC 6750 §2).
 */
export function createTokenHeaders(
  tokenPlacement: Provider['resource']['tokenPlacement'],
  token: string,
): Record<string, string> {
  return 'header' in tokenPlacement
    ? { [tokenPlacement.header]: tokenPlacement.scheme === '' ? token : `${tokenPlacement.scheme} ${token}` }
    : {}
}
