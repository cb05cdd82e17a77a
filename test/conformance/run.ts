import { readFile } from 'node:fs/promises'
import { BffError, defineProvider } from '@latchkey/bff'
import { checks } from './checks.ts'
import { runCheck } from './run-check.ts'
import type { Server } from './server.ts'
import { serverFrom, UnusableFile } from './server.ts'
import { providerFor, listClientAuthMethods } from './client-auth-method.ts'

/**
 * Runs every check of the server that a file describes, and writes a row for each.
 *
 * @returns the exit code: 0, 1 when a check fails, 2 when the file cannot be used
 */
export async function main(files: readonly string[], write: (text: string) => void): Promise<number> {
  const [file] = files
  if (file === undefined || files.length > 1) {
    write('Name one file of KEY=VALUE lines; test/conformance/README.md tells of them.\n')
    return 2
  }
  try {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new UnusableFile('it cannot be read')
    })
    return await report(serverFrom(text), write)
  } catch (error) {
    if (!(error instanceof UnusableFile || error instanceof BffError)) throw error
    write(`${file} cannot be used: ${error.message}\n`)
    return 2
  }
}

async function report(server: Server, write: (text: string) => void): Promise<number> {
  const ways = await listClientAuthMethods(server)
  for (const way of ways) defineProvider(providerFor(server, way))
  write(`${server.name} at ${server.tokenUrl ?? server.discoveryUrl}\n`)
  const count = { ok: 0, FAILED: 0, skipped: 0 }
  for (const way of ways) {
    for (const check of checks) {
      const { outcome, note } = await runCheck(check, server, way)
      count[outcome] += 1
      const because = outcome === 'skipped' ? ' because' : ':'
      write(`${outcome.padEnd(8)} ${check.name} (${way.name})${note && `${because} ${note}`}\n`)
    }
  }
  write(`${count.ok} ok, ${count.FAILED} failed, ${count.skipped} skipped\n`)
  return count.FAILED > 0 ? 1 : 0
}
