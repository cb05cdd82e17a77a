import type { PackageManager } from './package-manager.ts'

/** Formats the commands that start the app, for the shell in which it was created. */
export function formatNextSteps(folder: string, manager: PackageManager): string {
  const quoted = /^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)
  const run = manager === 'npm' || manager === 'bun' ? `${manager} run` : manager
  const commands: [command: string, comment: string][] = [
    ...(folder === '.' ? [] : ([[`cd ${quoted}`, '']] as [string, string][])),
    [`${manager} install`, ''],
    [`${run} start`, 'offline; prints the URL and how to sign in'],
    [`${run} test`, 'Vitest'],
    [`${run} test:e2e`, 'Playwright; needs a browser: npx playwright install chromium'],
  ]
  const width = Math.max(...commands.map(([command]) => command.length))
  const lines = commands.map(([command, comment]) =>
    comment === '' ? `  ${command}` : `  ${command.padEnd(width)}   # ${comment}`,
  )
  return lines.join('\n')
}
