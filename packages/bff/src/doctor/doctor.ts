import { readConfigDetails } from '../config/config-file.ts'
import type { Environment } from '../config/environment.ts'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { nodePlatform } from '../platform.ts'
import { checkMachineToken } from './checks/machine-token.ts'
import { checkClientAuthentication } from './checks/client-authentication.ts'
import { checkClock, checkDiscovery, checkHost } from './checks/network.ts'
import { checkRevocation } from './checks/revocation.ts'
import { checkEnvironment, checkSettings } from './checks/settings.ts'
import { checkTokenEndpoint } from './checks/token-endpoint.ts'
import type { Check, DoctorContext } from './doctor-context.ts'
import { createDoctorContext } from './doctor-context.ts'
import type { Finding } from './finding.ts'
import { formatFindings, maxLineLength, wrapText } from './finding.ts'
import type { Prompt } from './checks/sign-in.ts'
import { checkSignIn } from './checks/sign-in.ts'

/** The checks that need no user, by their labels, in order. */
const checks: Record<string, Check> = {
  environment: checkEnvironment,
  settings: checkSettings,
  host: checkHost,
  discovery: checkDiscovery,
  'token endpoint': checkTokenEndpoint,
  clock: checkClock,
  client: checkClientAuthentication,
  'access token': checkMachineToken,
  revocation: checkRevocation,
}

/** Options of {@link runDoctor}. */
export interface DoctorOptions {
  file: string
  environment: Environment
  /** Prompts for credentials, and makes the doctor sign in with them. */
  prompt?: Prompt | undefined
  print: (line: string) => void
  platform?: Partial<Platform>
}

/**
 * Checks a configuration against the live provider, and prints one row per check with the fix. Prints no secret, no
 * token and no credentials.
 *
 * @returns the exit code: 0 when no check failed, 1 when one did, 2 when the file cannot be used
 */
export async function runDoctor({
  file,
  environment,
  prompt,
  print,
  platform,
}: DoctorOptions): Promise<0 | 1 | 2> {
  const config = await readConfigDetails(file, environment).catch((error: unknown) => requireBffError(error))
  if (config instanceof BffError) {
    for (const line of config.message.split('\n')) {
      const [indent = ''] = /^ */.exec(line) ?? []
      for (const part of wrapText(line.trim(), maxLineLength - indent.length)) print(indent + part)
    }
    return 2
  }
  const context = createDoctorContext(config, { ...nodePlatform, ...platform })
  const { provider } = context
  print(`${file}: ${config.preset ?? provider.id}`)
  const findings: Finding[] = []
  for (const [label, check] of Object.entries(checks))
    findings.push(...(await runCheck(label, check, context)))
  const canSignIn = provider.login.mode === 'form'
  if (prompt && canSignIn && context.results.tokenResponse && context.results.isClientAccepted)
    findings.push(...(await runCheck('sign-in', () => checkSignIn(context, prompt), context)))
  print('')
  for (const row of formatFindings(findings)) print(row)
  print('')
  for (const line of wrapText(formatSummary(findings, canSignIn && !prompt), maxLineLength)) print(line)
  return findings.some(({ level }) => level === 'FAILED') ? 1 : 0
}

/** A check that throws must not hide the others. The message of an unexpected error may contain a secret. */
async function runCheck(label: string, check: Check, context: DoctorContext): Promise<Finding[]> {
  try {
    return await check(context)
  } catch (error) {
    const message =
      error instanceof BffError
        ? error.message
        : 'this check failed with an unexpected error. Please report it: this is a bug in Latchkey'
    return [{ check: label, level: 'FAILED', message }]
  }
}

function formatSummary(findings: Finding[], canStillSignIn: boolean): string {
  const count = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length
  const failed = count('FAILED')
  const warnings = count('warn')
  return [
    failed === 0 ? 'Nothing failed' : `${failed} failed`,
    warnings === 0 ? '.' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`,
    canStillSignIn ? ' Only a sign-in shows scope, lifetime and refresh: run this again with --sign-in.' : '',
  ].join('')
}

function requireBffError(error: unknown): BffError {
  if (error instanceof BffError) return error
  throw error
}
