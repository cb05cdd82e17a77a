#!/usr/bin/env node
import { createInterface } from 'node:readline/promises'
import type { CliOptions } from './cli-options.ts'
import { help, parseCliOptions } from './cli-options.ts'
import type { AppOptions } from './create-app.ts'
import { createApp } from './create-app.ts'
import { formatNextSteps } from './next-steps.ts'
import { detectPackageManager } from './package-manager.ts'
import { defaults, readAppOptions } from './terminal-questions.ts'

process.exitCode = await run()

/** Returns the exit code: 0 when the app is written, 1 when it cannot be, 2 when an argument is not valid. */
async function run(): Promise<number> {
  let given: CliOptions | null
  try {
    given = parseCliOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    return 2
  }
  if (given === null) {
    console.log(help)
    return 0
  }
  const { yes, ...options } = given
  try {
    const complete = yes || !process.stdin.isTTY ? { ...defaults, ...options } : await askForOptions(options)
    createApp(complete)
    const steps = formatNextSteps(complete.folder, detectPackageManager(process.env))
    console.log(
      `Created ${complete.folder} for ${complete.provider} in ${complete.mode} mode. Next:\n\n${steps}`,
    )
    return 0
  } catch (error) {
    console.error((error as Error).message)
    return 1
  }
}

async function askForOptions(options: Partial<AppOptions>): Promise<AppOptions> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await readAppOptions(terminal, options)
  } finally {
    terminal.close()
  }
}
