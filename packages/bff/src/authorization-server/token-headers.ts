import type { Provider } from '../description/provider-description.ts'

/** The header that shows a token to a resource server; none where it goes into the query. RFC 6750 §2. */
export function attachedToken(attach: Provider['resource']['attach'], token: string): Record<string, string> {
  return 'header' in attach ? { [attach.header]: `${attach.scheme} ${token}`.trim() } : {}
}
