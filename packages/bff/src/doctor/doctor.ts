import type { Environment } from '../config/environment.ts'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { nodePlatform } from '../platform.ts'
import { checkMachineToken } from './checks/machine-token.ts'
import { checkClientAuthentication } from './checks/client-authentication.ts'
import { checkClock, checkDiscovery, checkHost } from './checks/network.ts'
import { checkRevocation } from './checks/revocation.ts'
import { checkEnvironment, checkSettings } from './checks/settings.ts'
import { checkStore } from './checks/store.ts'
import { checkTokenEndpoint } from './checks/token-endpoint.ts'
import type { DoctorConfig } from './doctor-config.ts'
import { findConfigFile, readDoctorConfigs } from './doctor-config.ts'
import type { Check, DoctorContext } from './doctor-context.ts'
import { createDoctorContext } from './doctor-context.ts'
import type { Finding } from './finding.ts'
import type { ConfigReport } from './report.ts'
import { formatJsonError, formatJsonReport, formatTextError, formatTextReport, hasFailed } from './report.ts'
import type { Prompt } from './checks/sign-in.ts'
import { checkSignIn } from './checks/sign-in.ts'

/** The checks that send no request, by their labels, in order. */
const offlineChecks: Record<string, Check> = { environment: checkEnvironment, settings: checkSettings }

/** The checks of the store and of the live provider that need no user. */
const onlineChecks: Record<string, Check> = {
  store: checkStore,
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
  /** Names the `.env` files to read, as the mode of Vite does; see {@link loadEnvFiles} when absent. */
  mode?: string | undefined
  /** The variables of `.env` files are added to it. For a module it must be `process.env`. */
  environment: Environment
  /** Sends no request; `false` when absent. */
  isOffline?: boolean | undefined
  /** Prompts for credentials, and makes the doctor sign in with them. */
  prompt?: Prompt | undefined
  /** Prints one JSON document in place of lines of text; `false` when absent. */
  json?: boolean | undefined
  print: (line: string) => void
  platform?: Partial<Platform>
}

/**
 * Checks each configuration of a file, by default against the live provider, and prints one row per check with the fix.
 * Prints no secret, no token and no credentials.
 *
 * @returns the exit code: 0 when no check failed, 1 when one did, 2 when the file cannot be used
 */
export async function runDoctor(options: DoctorOptions): Promise<0 | 1 | 2> {
  const { json = false, environment, mode, print } = options
  const printText = (...lines: string[]): void => {
    if (!json) for (const line of lines) print(line)
  }
  try {
    const file = options.file ?? (await findConfigFile())
    const all = await readDoctorConfigs(file, environment, mode)
    const configs = selectConfigs(file, all, options)
    const reports: ConfigReport[] = []
    for (const config of configs) {
      const { basePath, provider } = config.resolvedOptions
      const name = config.preset ?? provider.id
      if (reports.length > 0) printText('')
      printText(`${file}: ${name}${all.length > 1 ? ` at ${basePath}` : ''}`)
      const report = { provider: name, basePath, findings: await checkConfig(config, options) }
      reports.push(report)
      const basePathOption = configs.length > 1 ? ` --base-path ${basePath}` : ''
      printText(...formatTextReport(report, formatAdvice(config, options, basePathOption)))
    }
    if (json) print(formatJsonReport(file, reports))
    return reports.some(hasFailed) ? 1 : 0
  } catch (error) {
    if (!(error instanceof BffError)) throw error
    if (json) print(formatJsonError(error.message))
    printText(...formatTextError(error.message))
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
  { isOffline = false, prompt, platform }: DoctorOptions,
): Promise<Finding[]> {
  const context = createDoctorContext(config, { ...nodePlatform, ...config.options.platform, ...platform })
  const checks = isOffline ? offlineChecks : { ...offlineChecks, ...onlineChecks }
  const findings: Finding[] = []
  for (const [label, check] of Object.entries(checks))
    findings.push(...(await runCheck(label, check, context)))
  const { tokenResponse, isClientAccepted } = context.results
  if (prompt && canSignIn(config) && tokenResponse && isClientAccepted)
    findings.push(...(await runCheck('sign-in', () => checkSignIn(context, prompt), context)))
  return findings
}

function canSignIn({ resolvedOptions }: DoctorConfig): boolean {
  return resolvedOptions.provider.login.mode === 'form'
}

/** Names the command that shows more. */
function formatAdvice(
  config: DoctorConfig,
  { isOffline = false, prompt }: DoctorOptions,
  basePathOption: string,
): string {
  if (isOffline) return ' No request was sent: latchkey doctor also checks the live provider.'
  return canSignIn(config) && !prompt
    ? ` Only a sign-in shows scope, lifetime and refresh: run this again with --sign-in${basePathOption}.`
    : ''
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
