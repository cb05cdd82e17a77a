import { isStandardClientSecret } from '../../authorization-server/client-authentication.ts'
import { isLoopbackHost } from '../../endpoint-url.ts'
import { formatOptions } from '../doctor-config.ts'
import type { Check } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'

/** Warns of secrets that are written in the file, and of environment variables with white space around their value. */
export const checkEnvironment: Check = ({ config }) => {
  const { variables, literalSecrets, envFiles } = config
  const check = 'environment'
  const findings: Finding[] = literalSecrets.map((path) => ({
    check,
    level: 'warn',
    message: `${path} is written in the file, where everybody with access to the repository can read it`,
    fix: `move it to an environment variable, and write "\${${suggestVariableName(path)}}" in its place`,
  }))
  for (const { name, value } of variables)
    if (/^[\s\u{feff}]|[\s\u{feff}]$/u.test(value))
      findings.push({
        check,
        level: 'warn',
        message: `${name} begins or ends with white space, probably from copying`,
        fix: `set ${name} without the white space`,
      })
  const names = [...new Set(variables.map(({ name }) => name))]
  if (findings.length === 0 && names.length > 0)
    findings.push({
      check,
      level: 'ok',
      message: `set: ${names.join(', ')}${envFiles.length > 0 ? ` (read ${envFiles.join(', ')})` : ''}`,
    })
  return findings
}

/** Warns of options that are allowed but rarely intended. */
export const checkSettings: Check = ({ config, provider }) => {
  const { mode, proxy, origin, dangerouslyGiveMachineTokenToBrowser } = config.resolvedOptions
  const findings: Finding[] = []
  const warn = (message: string, fix: string): number =>
    findings.push({ check: 'settings', level: 'warn', message, fix })

  if (mode === 'proxy' && proxy.length === 0)
    warn(
      'mode is "proxy", but proxy lists no path: pages can sign in and reach no API',
      'list the paths of the API in proxy, for example { "path": "/api/*", "methods": ["GET"] }',
    )
  if (dangerouslyGiveMachineTokenToBrowser)
    warn(
      'every browser that authorize accepts gets the machine token, and with it all rights of the application',
      'set mode to "proxy", and remove dangerouslyGiveMachineTokenToBrowser',
    )
  if (origin?.startsWith('http:') === true && !isLoopbackHost(new URL(origin).hostname))
    warn(
      'origin is plain http, where browsers discard the session cookie (Secure)',
      'serve the page over https, and set origin to its https URL',
    )
  if (!isStandardClientSecret(provider.client?.secret ?? ''))
    warn(
      'the client secret contains characters that RFC 6749 appendix A.2 does not allow, and that most servers reject',
      `create a secret of letters and digits at the server. Until then try ${formatOptions({ clientAuth: 'post' }, config)}, which works most often`,
    )
  for (const [name, { encoding }] of Object.entries(provider.grants))
    if (encoding === 'query')
      warn(
        `the ${name} grant sends its parameters, secrets included, in the query of a URL, and servers log URLs`,
        `set ${formatOptions({ method: 'POST' }, config)} if the server supports it; in a description also ${formatOptions({ clientAuth: 'post' }, config)}`,
      )
  return findings.length > 0 ? findings : [{ check: 'settings', level: 'ok', message: `mode "${mode}"` }]
}

/** Returns the usual name of the variable for an option: CLIENT_SECRET for `provider.clientSecret`. */
function suggestVariableName(path: string): string {
  const [name = '', parent = ''] = path.split('.').toReversed()
  const option = parent === 'client' ? 'clientSecret' : name === 'secret' ? 'sessionSecret' : name
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
