import { isLoopbackHost } from '../endpoint-url.ts'
import type { Logger } from '../log.ts'

/** Hosts to warn of at most: clients can send any `Host`. */
const maxHosts = 10

/**
 * Creates a function that warns, once per host, of a sign-in on a page that was loaded over plain http: the password is
 * not encrypted, and the browser drops the `Secure` session cookie. Loopback hosts are fine.
 */
export function createPlainHttpWarning(logger: Logger): (request: Request) => void {
  const hosts = new Set<string>()

  return ({ headers }) => {
    // Not the URL of the request, which is plain http behind a proxy that ends TLS. The CSRF check has verified Origin.
    const origin = headers.get('Origin')
    if (origin === null) return
    const { protocol, hostname, host } = new URL(origin)
    if (protocol !== 'http:' || isLoopbackHost(hostname) || hosts.has(host) || hosts.size >= maxHosts) return
    hosts.add(host)
    logger.warn(
      `Sign-in over plain http at ${host}: the password crossed the network unencrypted, and the browser drops the ` +
        'session cookie, because it is Secure. Serve the page over https, for example by a proxy in front that ends ' +
        'TLS, and redirect http to it.',
    )
  }
}
