import { readFile } from 'node:fs/promises'
import { BffError, defineProvider } from '@latchkey/bff'
import { checks } from './checks.ts'
import type { Check } from './check.ts'
import type { CheckResult, MethodResult } from './run-check.ts'
import { combineResults, runCheck } from './run-check.ts'
import type { Server } from './server.ts'
import { listUnsupportedMethods, parseServer, ServerFileError } from './server.ts'
import { createProvider, listClientAuthMethods } from './client-auth-method.ts'

/**
 * Runs every check of the server that a file describes, and writes one row per check.
 *
 * @param files must name one file
 * @returns the exit code: 0, 1 if a check fails, 2 if the file cannot be used
 */
export async function main(files: readonly string[], write: (text: string) => void): Promise<number> {
  const [file] = files
  if (file === undefined || files.length > 1) {
    write('Usage: node test/conformance/run.mjs FILE\n')
    write('FILE contains lines of KEY=VALUE: see test/conformance/README.md\n')
    return 2
  }
  try {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new ServerFileError('the file cannot be read')
    })
    return await runChecks(parseServer(text), write)
  } catch (error) {
    if (!(error instanceof ServerFileError || error instanceof BffError)) throw error
    write(`Cannot use ${file}: ${error.message}\n`)
    return 2
  }
}

async function runChecks(server: Server, write: (text: string) => void): Promise<number> {
  const methods = await listClientAuthMethods(server)
  for (const method of methods) defineProvider(createProvider(server, method))
  write(`${server.name} at ${server.tokenUrl ?? server.discoveryUrl}\n`)
  const count = { ok: 0, FAILED: 0, skipped: 0 }
  const writeRow = (name: string, { outcome, note }: CheckResult): void => {
    count[outcome] += 1
    write(`${outcome.padEnd(8)} ${name}${note && `: ${note}`}\n`)
  }
  const results = new Map(checks.map((check): [Check, MethodResult[]] => [check, []]))
  // Every method runs all checks in order, because successful sign-ins separate the failing ones.
  for (const method of methods)
    for (const [check, methodResults] of results) {
      methodResults.push({ method: method.name, ...(await runCheck(check, server, method)) })
      const names = methodResults.map((result) => result.method).join(', ')
      if (methodResults.length === methods.length)
        writeRow(`${check.name} (${names})`, combineResults(methodResults))
    }
  for (const { name, reason } of listUnsupportedMethods(server.clientAuth))
    writeRow(`all checks (${name})`, { outcome: 'skipped', note: reason })
  write(`${count.ok} ok, ${count.FAILED} failed, ${count.skipped} skipped\n`)
  return count.FAILED > 0 ? 1 : 0
}
