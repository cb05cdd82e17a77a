import { attachedToken } from '../authorization-server/attached-token.ts'
import type { Provider } from '../description/provider-description.ts'
import { hopByHop } from './hop-by-hop.ts'

/** What a page sends and the resource server must not get; the rest passes, since APIs have headers of their own. */
const dropped = [
  // The keys of the house, and what is between the page and us.
  /^(cookie2?|authorization|x-latchkey)$/,
  // They tell of the page and its browser, which are not the client here; some servers judge CORS by them.
  /^(origin|referer|sec-.+|access-control-.+|upgrade-insecure-requests|service-worker)$/,
  // Whoever believes them believes that a proxy he trusts wrote them: a browser may write anything (RFC 9700 §4.13).
  /^(forwarded|x-forwarded.*|via|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip)$/,
  /^(remote-user|x-(remote|forwarded|authenticated|auth-request)-.+)$/,
  // They change the path or the method behind the allow-list.
  /^(x-original-.+|x-rewrite-.+|x-http-method(-override)?|x-method-override)$/,
  // They belong to the message, which is written anew: Node's fetch decodes answers and counts bodies itself.
  /^(host|content-length|accept-encoding|expect)$/,
]

/** The headers of a request to the resource server: the page's, but for the {@link dropped} ones, and the token. */
export function requestHeaders(page: Headers, accessToken: string, resource: Provider['resource']): Headers {
  const isHop = hopByHop(page)
  const headers = new Headers()
  for (const [name, value] of page)
    if (!isHop(name) && !dropped.some((names) => names.test(name))) headers.append(name, value)
  for (const [name, value] of Object.entries(resource.headers)) {
    // What browsers say when nobody says anything.
    const unsaid = /^user-agent$/i.test(name) || (/^accept$/i.test(name) && headers.get(name) === '*/*')
    if (unsaid || !headers.has(name)) headers.set(name, value)
  }
  for (const [name, value] of Object.entries(attachedToken(resource.attach, accessToken)))
    headers.set(name, value)
  return headers
}
