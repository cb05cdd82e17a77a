import type { Provider } from '../description/provider-description.ts'

/** The header that shows a token to a resource server; none where it goes into the query. RFC 6750 §2. */
export function createTokenHeaders(
  tokenPlacement: Provider['resource']['tokenPlacement'],
  token: string,
): Record<string, string> {
  return 'header' in tokenPlacement
    ? { [tokenPlacement.header]: `${tokenPlacement.scheme} ${token}`.trim() }
    : {}
}
