/** A program that installs packages. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun'

/** Detects the package manager that runs this process: each sets `npm_config_user_agent`. npm when none does. */
export function detectPackageManager(
  environment: Readonly<Record<string, string | undefined>>,
): PackageManager {
  const [name] = (environment['npm_config_user_agent'] ?? '').split('/')
  return name === 'pnpm' || name === 'yarn' || name === 'bun' ? name : 'npm'
}
