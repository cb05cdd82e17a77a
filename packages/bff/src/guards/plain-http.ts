import { isLoopbackHost } from '../endpoint-url.ts'
import type { Logger } from '../log.ts'

/** Hosts to warn of at most: clients can send any `Host`. */
const maxHosts = 10

/**
 * Creates a function that warns, once per host, of a sign-in on a page that was loaded over plain http: the password is
 * not encrypted, and the browser drops the `Secure` session cookie. Loopback hosts are fine. It takes the header `Origin`
 * after the CSRF check: the URL of the request is plain http behind a proxy that ends TLS.
 */
export function createPlainHttpWarning(logger: Logger): (origin: string | null) => void {
  const hosts = new Set<string>()

  return (origin) => {
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
