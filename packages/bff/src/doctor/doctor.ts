import { openConfigFile } from '../config/config-file.ts'
import type { Environment } from '../config/environment.ts'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { nodePlatform } from '../platform.ts'
import { applicationToken } from './checks/machine-token.ts'
import { clientAuthentication } from './checks/client-authentication.ts'
import { clock, discovery, host } from './checks/network.ts'
import { revocation } from './checks/revocation.ts'
import { environment as checkEnvironment, settings } from './checks/settings.ts'
import { tokenEndpoint } from './checks/token-endpoint.ts'
import type { Check, Examination } from './doctor-context.ts'
import { createExamination } from './doctor-context.ts'
import type { Finding } from './finding.ts'
import { rowsOf, widest, wrapped } from './finding.ts'
import type { Ask } from './checks/sign-in.ts'
import { signIn } from './checks/sign-in.ts'

/** All that is looked at without anybody's password, in order. */
const checks: Check[] = [
  checkEnvironment,
  settings,
  host,
  discovery,
  tokenEndpoint,
  clock,
  clientAuthentication,
  applicationToken,
  revocation,
]

/** What {@link examine} stands on. */
export interface Examining {
  file: string
  environment: Environment
  /** Signs in too, with what this answers; without it nobody's password is sent. */
  ask?: Ask | undefined
  print: (line: string) => void
  platform?: Partial<Platform>
}

/**
 * Holds a configuration against the live provider, and prints a row for each check with what to change. Prints no
 * secret, no token and nothing that was typed.
 *
 * @returns the exit code: 0 when nothing failed, 1 when something did, 2 when the file cannot be used
 */
export async function examine({ file, environment, ask, print, platform }: Examining): Promise<0 | 1 | 2> {
  const opened = await openConfigFile(file, environment).catch((error: unknown) => unusable(error))
  if (opened instanceof BffError) {
    for (const line of opened.message.split('\n')) {
      const [indent = ''] = /^ */.exec(line) ?? []
      for (const part of wrapped(line.trim(), widest - indent.length)) print(indent + part)
    }
    return 2
  }
  const examination = createExamination(opened, { ...nodePlatform, ...platform })
  const { provider } = examination
  print(`${file}: ${opened.preset ?? provider.id}`)
  const all: Finding[] = []
  const isForm = provider.login.mode === 'form'
  for (const check of [...checks, ...(ask && isForm ? [signInWith(ask)] : [])])
    all.push(...(await found(check, examination)))
  print('')
  for (const row of rowsOf(all)) print(row)
  print('')
  for (const line of wrapped(closing(all, isForm && !ask), widest)) print(line)
  return all.some(({ verdict }) => verdict === 'FAILED') ? 1 : 0
}

function signInWith(ask: Ask): Check {
  return (examination) =>
    examination.learnt.first && examination.learnt.clientIsGood ? signIn(examination, ask) : []
}

/** A check that breaks is no reason to be silent about the others; what it threw may hold a secret. */
async function found(check: Check, examination: Examination): Promise<Finding[]> {
  try {
    return await check(examination)
  } catch (error) {
    const says = error instanceof BffError ? error.message : 'this check broke; please report it'
    return [{ check: check.name || 'sign-in', verdict: 'FAILED', says }]
  }
}

function closing(all: Finding[], withoutSignIn: boolean): string {
  const count = (wanted: Finding['verdict']): number => all.filter(({ verdict }) => verdict === wanted).length
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
