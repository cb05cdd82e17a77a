import { isLoopbackHost } from '../../endpoint-url.ts'
import type { Check } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'

/** Environment variables that are there and still not right, and secrets that stand in the file. */
export const environment: Check = ({ config }) => {
  const { variables, literalSecrets } = config
  const check = 'environment'
  const found: Finding[] = literalSecrets.map((path) => ({
    check,
    level: 'warn',
    message: `${path} stands in the file itself, where whoever reads the repository reads it`,
    fix: `put it into an environment variable, and "\${${findVariable(path)}}" in its place`,
  }))
  for (const { name, value } of variables)
    if (/^[\s\u{feff}]|[\s\u{feff}]$/u.test(value))
      found.push({
        check,
        level: 'warn',
        message: `${name} begins or ends with white space, as comes in with copying`,
        fix: `set ${name} again without it`,
      })
  const names = [...new Set(variables.map(({ name }) => name))]
  if (found.length === 0 && names.length > 0)
    found.push({ check, level: 'ok', message: `set: ${names.join(', ')}` })
  return found
}

/** What is allowed, and seldom meant. */
export const resolvedOptions: Check = ({ config, provider }) => {
  const { mode, proxy, origin, dangerouslyGiveMachineTokenToBrowser: given } = config.resolvedOptions
  const found: Finding[] = []
  const warn = (message: string, fix: string): number =>
    found.push({ check: 'settings', level: 'warn', message, fix })

  if (mode === 'proxy' && proxy.length === 0)
    warn(
      'mode is "proxy" and nothing may pass: pages can sign in and reach nothing',
      'name the paths of the resource server in proxy, for example { "path": "/api/*", "methods": ["GET"] }',
    )
  if (given)
    warn(
      'a token of the whole application goes to the browser of everybody whom authorize admits',
      'use mode "proxy", and leave dangerouslyGiveMachineTokenToBrowser out',
    )
  if (origin?.startsWith('http:') === true && !isLoopbackHost(new URL(origin).hostname))
    warn(
      'origin is plain http: no browser keeps a Secure cookie from there',
      'serve the page by https, and say so in origin',
    )
  const exposed = Object.entries(provider.grants).filter(([, { encoding }]) => encoding === 'query')
  for (const [name] of exposed)
    warn(
      `the ${name} grant puts what it sends into the query of a URL, secrets too, and servers write URLs to their logs`,
      'write "method": "POST" if the server knows it, and "clientAuth": "post" in a description',
    )
  return found.length > 0 ? found : [{ check: 'settings', level: 'ok', message: `mode "${mode}"` }]
}

/** The usual spelling: `provider.clientSecret` is CLIENT_SECRET. */
function findVariable(path: string): string {
  const [name = '', owner = ''] = path.split('.').toReversed()
  const whole = owner === 'client' ? 'clientSecret' : name === 'secret' ? 'sessionSecret' : name
  return whole.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
