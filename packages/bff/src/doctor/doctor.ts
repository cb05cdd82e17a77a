import { readConfigDetails } from '../config/config-file.ts'
import type { Environment } from '../config/environment.ts'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { nodePlatform } from '../platform.ts'
import { checkMachineToken } from './checks/machine-token.ts'
import { checkClientAuthentication } from './checks/client-authentication.ts'
import { checkClock, checkDiscovery, checkHost } from './checks/network.ts'
import { revocation } from './checks/revocation.ts'
import { environment as checkEnvironment, resolvedOptions } from './checks/settings.ts'
import { tokenEndpoint } from './checks/token-endpoint.ts'
import type { Check, DoctorContext } from './doctor-context.ts'
import { createDoctorContext } from './doctor-context.ts'
import type { Finding } from './finding.ts'
import { formatFindings, maxLineLength, wrapText } from './finding.ts'
import type { Prompt } from './checks/sign-in.ts'
import { checkSignIn } from './checks/sign-in.ts'

/** All that is looked at without anybody's password, in order. */
const checks: Check[] = [
  checkEnvironment,
  resolvedOptions,
  checkHost,
  checkDiscovery,
  tokenEndpoint,
  checkClock,
  checkClientAuthentication,
  checkMachineToken,
  revocation,
]

/** What {@link runDoctor} stands on. */
export interface DoctorOptions {
  file: string
  environment: Environment
  /** Signs in too, with what this answers; without it nobody's password is sent. */
  ask?: Prompt | undefined
  print: (line: string) => void
  platform?: Partial<Platform>
}

/**
 * Holds a configuration against the live provider, and prints a row for each check with what to change. Prints no
 * secret, no token and nothing that was typed.
 *
 * @returns the exit code: 0 when nothing failed, 1 when something did, 2 when the file cannot be used
 */
export async function runDoctor({
  file,
  environment,
  ask,
  print,
  platform,
}: DoctorOptions): Promise<0 | 1 | 2> {
  const opened = await readConfigDetails(file, environment).catch((error: unknown) => unusable(error))
  if (opened instanceof BffError) {
    for (const line of opened.message.split('\n')) {
      const [indent = ''] = /^ */.exec(line) ?? []
      for (const part of wrapText(line.trim(), maxLineLength - indent.length)) print(indent + part)
    }
    return 2
  }
  const context = createDoctorContext(opened, { ...nodePlatform, ...platform })
  const { provider } = context
  print(`${file}: ${opened.preset ?? provider.id}`)
  const all: Finding[] = []
  const isForm = provider.login.mode === 'form'
  for (const check of [...checks, ...(ask && isForm ? [signInWith(ask)] : [])])
    all.push(...(await runCheck(check, context)))
  print('')
  for (const row of formatFindings(all)) print(row)
  print('')
  for (const line of wrapText(formatSummary(all, isForm && !ask), maxLineLength)) print(line)
  return all.some(({ level }) => level === 'FAILED') ? 1 : 0
}

function signInWith(ask: Prompt): Check {
  return (context) =>
    context.results.tokenResponse && context.results.isClientAccepted ? checkSignIn(context, ask) : []
}

/** A check that breaks is no reason to be silent about the others; what it threw may hold a secret. */
async function runCheck(check: Check, context: DoctorContext): Promise<Finding[]> {
  try {
    return await check(context)
  } catch (error) {
    const message = error instanceof BffError ? error.message : 'this check broke; please report it'
    return [{ check: check.name || 'sign-in', level: 'FAILED', message }]
  }
}

function formatSummary(all: Finding[], withoutSignIn: boolean): string {
  const count = (wanted: Finding['level']): number => all.filter(({ level }) => level === wanted).length
  const failed = count('FAILED')
  const warned = count('warn')
  return [
    failed === 0 ? 'Nothing failed' : `${failed} failed`,
    warned === 0 ? '.' : `, ${warned} to look at.`,
    withoutSignIn
      ? ' Scope, lifetime and refresh are seen by a sign-in alone: run this again with --sign-in.'
      : '',
  ].join('')
}

function unusable(error: unknown): BffError {
  if (error instanceof BffError) return error
  throw error
}
