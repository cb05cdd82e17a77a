import { presets } from '../config/presets.ts'
import type { ClientAuthMethod } from './client-auth-methods.ts'
import { formatClientAuthMethod } from './client-auth-methods.ts'
import type { DoctorConfig } from './doctor-config.ts'
import { formatOptions } from './doctor-config.ts'
import type { DoctorContext } from './doctor-context.ts'
import type { Finding } from './finding.ts'
import type { Probe } from './probe.ts'
import { revocationProbe } from './probe.ts'

/** The result of one method: `unclear` when the server responds to a wrong secret in the same way. */
export interface MethodResult {
  authMethod: ClientAuthMethod
  outcome: 'accepted' | 'rejected' | 'unclear' | 'no_response'
  code: string | null
}

/** What one probe has shown. */
export interface ProbeEvidence {
  probe: Probe
  methodResults: MethodResult[]
}

/** Describes how the server authenticates the client. */
export function describeClient(evidence: ProbeEvidence, context: DoctorContext): Omit<Finding, 'check'> {
  return isPublicClient(evidence, context)
    ? describePublicClient(evidence, context)
    : describeMethods(evidence, context)
}

function isPublicClient({ methodResults }: ProbeEvidence, { provider }: DoctorContext): boolean {
  return methodResults[0]?.authMethod.clientAuth === 'none' && provider.client?.secret === undefined
}

function describeMethods(
  { methodResults, probe }: ProbeEvidence,
  { config, provider }: DoctorContext,
): Omit<Finding, 'check'> {
  const endpoint = formatEndpoint(probe)
  const accepted = methodResults.filter(({ outcome }) => outcome === 'accepted')
  // A server that tells a wrong secret apart with one method, and not with another, ignores the other.
  const [configured, ...alternatives] = methodResults.map((result) =>
    result.outcome === 'unclear' && result.code !== 'invalid_grant' && accepted.length > 0
      ? { ...result, outcome: 'rejected' as const }
      : result,
  )
  if (!configured)
    return { level: 'warn', message: 'unknown: no client authentication method could be tried' }
  const method = formatClientAuthMethod(configured.authMethod)
  const list = (outcome: MethodResult['outcome']): string[] =>
    alternatives
      .filter((result) => result.outcome === outcome)
      .map(({ authMethod }) => formatClientAuthMethod(authMethod))

  switch (configured.outcome) {
    case 'accepted':
      return {
        level: 'ok',
        message: [
          `${endpoint} accepts the client with ${method}`,
          ...formatPart('also with', list('accepted')),
          ...formatPart('not with', list('rejected')),
        ].join('; '),
      }
    case 'no_response':
      return createBusyFinding(endpoint)
    case 'unclear':
      return {
        level: 'warn',
        message: 'unknown: the server responds the same way to the configured secret and to a wrong one',
        fix: 'run this again with --sign-in',
      }
    case 'rejected': {
      const [better] = accepted
      if (better)
        return {
          level: 'FAILED',
          message: `the secret is right, but ${endpoint} rejects it with ${method}, as configured; it accepts ${list('accepted').join(', ')}`,
          fix: formatFix(better.authMethod, config),
        }
      return {
        level: 'FAILED',
        message: [
          `${endpoint} rejected the client with ${[method, ...list('rejected')].join(', ')}`,
          ...formatPart('unknown with', list('unclear')),
        ].join('; '),
        fix: `compare the client id ${JSON.stringify(provider.client?.id)} and the client secret${describeSecretSource(config.variables)} with those at the server. They may belong to another server, be out of date, or contain extra characters from copying${probe === revocationProbe ? '. Or the URL of the revocation endpoint is wrong' : ''}`,
      }
    }
  }
}

function formatPart(label: string, methods: string[]): string[] {
  return methods.length === 0 ? [] : [`${label} ${methods.join(', ')}`]
}

function describePublicClient(
  { methodResults, probe }: ProbeEvidence,
  { provider }: DoctorContext,
): Omit<Finding, 'check'> {
  const endpoint = formatEndpoint(probe)
  const [result] = methodResults
  const requirement = provider.client ? 'client secret' : 'client'
  switch (result?.outcome) {
    case 'accepted':
      return { level: 'ok', message: `${endpoint} accepts the client without a secret` }
    case 'rejected':
      return provider.client
        ? {
            level: 'FAILED',
            message: `${endpoint} rejected the client id, or requires a secret`,
            fix: 'compare the client id with the one at the server, and set the client secret if there is one',
          }
        : {
            level: 'FAILED',
            message: `${endpoint} requires a client id`,
            fix: 'register a client at the server, and set its id and its secret',
          }
    case 'no_response':
      return createBusyFinding(endpoint)
    case 'unclear':
    case undefined:
      return {
        level: 'warn',
        message: `unknown: the responses do not show whether the server requires a ${requirement}`,
        fix: 'run this again with --sign-in',
      }
  }
}

function formatEndpoint(probe: Probe): string {
  return probe === revocationProbe ? 'the revocation endpoint' : 'the token endpoint'
}

function createBusyFinding(endpoint: string): Omit<Finding, 'check'> {
  return {
    level: 'warn',
    message: `unknown: ${endpoint} is busy or does not respond`,
    fix: 'run this again later',
  }
}

function formatFix({ clientAuth, basicEncoding }: ClientAuthMethod, config: DoctorConfig): string {
  const { preset, language } = config
  const options = formatOptions({ clientAuth, ...(clientAuth === 'basic' && { basicEncoding }) }, config)
  // Code does not show which preset it calls.
  if (language === 'code') return `set ${options} in oauth2(), or in each of the grants of a description`
  if (preset === null) return `set ${options} in each of grants`
  return presets[preset]?.options.includes('clientAuth') === true
    ? `set ${options}`
    : `the preset ${preset} has no option for this: describe the provider in full, with ${options} in each of grants`
}

function describeSecretSource(variables: { path: string; name: string }[]): string {
  const variable = variables.find(({ path }) => /secret$/i.test(path) && path.startsWith('provider'))
  return variable ? ` in ${variable.name}` : ''
}
