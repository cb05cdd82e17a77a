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
import type { DoctorConfig } from './doctor-config.ts'
import { findConfigFile, readDoctorConfigs } from './doctor-config.ts'
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
  /** A JSON file, or a module that exports BFFs; see {@link findConfigFile} when absent. */
  file?: string | undefined
  /** Checks only the BFF at this path. */
  basePath?: string | undefined
  /** The variables of `.env` files are added to it. For a module it must be `process.env`. */
  environment: Environment
  /** Prompts for credentials, and makes the doctor sign in with them. */
  prompt?: Prompt | undefined
  print: (line: string) => void
  platform?: Partial<Platform>
}

/**
 * Checks each configuration of a file against the live provider, and prints one row per check with the fix. Prints no
 * secret, no token and no credentials.
 *
 * @returns the exit code: 0 when no check failed, 1 when one did, 2 when the file cannot be used
 */
export async function runDoctor(options: DoctorOptions): Promise<0 | 1 | 2> {
  try {
    const file = options.file ?? (await findConfigFile())
    const all = await readDoctorConfigs(file, options.environment)
    const configs = selectConfigs(file, all, options)
    const exitCodes: (0 | 1)[] = []
    for (const config of configs) {
      const { basePath, provider } = config.resolvedOptions
      const name = config.preset ?? provider.id
      if (exitCodes.length > 0) options.print('')
      options.print(`${file}: ${name}${all.length > 1 ? ` at ${basePath}` : ''}`)
      exitCodes.push(await checkConfig(config, options, configs.length > 1 ? ` --base-path ${basePath}` : ''))
    }
    return exitCodes.includes(1) ? 1 : 0
  } catch (error) {
    if (!(error instanceof BffError)) throw error
    for (const line of error.message.split('\n')) {
      const [indent = ''] = /^ */.exec(line) ?? []
      for (const part of wrapText(line.trim(), maxLineLength - indent.length)) options.print(indent + part)
    }
    return 2
  }
}

/** LATCHKEY_PASSWORD belongs to one provider, so no other provider may receive it. */
function selectConfigs(
  file: string,
  configs: DoctorConfig[],
  { basePath, prompt }: DoctorOptions,
): DoctorConfig[] {
  const basePaths = configs.map(({ resolvedOptions }) => resolvedOptions.basePath).join(', ')
  const selected = configs.filter(
    ({ resolvedOptions }) => basePath === undefined || resolvedOptions.basePath === basePath,
  )
  if (selected.length === 0)
    throw new BffError('server_error', `${file} has no BFF at ${basePath}. Its base paths: ${basePaths}`)
  if (prompt && selected.length > 1)
    throw new BffError(
      'server_error',
      `--sign-in needs --base-path, because ${file} exports ${selected.length} BFFs. Their base paths: ${basePaths}`,
    )
  return selected
}

async function checkConfig(
  config: DoctorConfig,
  { prompt, print, platform }: DoctorOptions,
  basePathOption: string,
): Promise<0 | 1> {
  const context = createDoctorContext(config, { ...nodePlatform, ...config.options.platform, ...platform })
  const findings: Finding[] = []
  for (const [label, check] of Object.entries(checks))
    findings.push(...(await runCheck(label, check, context)))
  const canSignIn = context.provider.login.mode === 'form'
  if (prompt && canSignIn && context.results.tokenResponse && context.results.isClientAccepted)
    findings.push(...(await runCheck('sign-in', () => checkSignIn(context, prompt), context)))
  print('')
  for (const row of formatFindings(findings)) print(row)
  print('')
  const summary = formatSummary(findings, canSignIn && !prompt ? `--sign-in${basePathOption}` : null)
  for (const line of wrapText(summary, maxLineLength)) print(line)
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

function formatSummary(findings: Finding[], signInOption: string | null): string {
  const count = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length
  const failed = count('FAILED')
  const warnings = count('warn')
  return [
    failed === 0 ? 'Nothing failed' : `${failed} failed`,
    warnings === 0 ? '.' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`,
    signInOption === null
      ? ''
      : ` Only a sign-in shows scope, lifetime and refresh: run this again with ${signInOption}.`,
  ].join('')
}
