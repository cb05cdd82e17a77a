/** Whether a host name means this machine, where plain http cannot be intercepted. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

/** What is wrong with an endpoint's URL and how to put it right; `null` when nothing is. RFC 6749 §1.6 and §3.2. */
export function validateEndpointUrl(text: string): string | null {
  if (!URL.canParse(text)) return 'is not an absolute URL'
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname)))
    return 'must be https: passwords and tokens travel to it (plain http is for loopback hosts only)'
  if (text.includes('#')) return 'must have no fragment (#…)'
  if (url.username !== '' || url.password !== '') return 'must hold no credentials (user:password@)'
  return null
}
