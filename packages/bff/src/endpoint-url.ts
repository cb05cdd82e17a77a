/** Whether a host name means this machine, where plain http cannot be intercepted. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

/** Returns what is wrong with the URL of an endpoint and what would be right, or `null` (RFC 6749 §1.6 and §3.2). */
export function validateEndpointUrl(text: string): string | null {
  if (!URL.canParse(text)) return 'is not an absolute URL. Expected: an https URL'
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname)))
    return 'is not https. Expected: https, because it receives passwords or tokens (plain http only on loopback hosts)'
  if (text.includes('#')) return 'has a fragment (#…). Expected: a URL without one'
  if (url.username !== '' || url.password !== '')
    return 'contains credentials (user:password@). Expected: a URL without them'
  return null
}
