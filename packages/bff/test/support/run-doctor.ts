import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDoctor } from '../../src/doctor/doctor.ts'
import type { Prompt } from '../../src/doctor/checks/sign-in.ts'
import { createClock } from './browser.ts'
import type { ReceivedRequest, Reply } from './token-endpoint.ts'
import { createTokenEndpoint } from './token-endpoint.ts'

export const secret = 's3cr+t %:&'

/** The pair as each way shows it. */
const shown = {
  form: `Basic ${btoa('portal:s3cr%2Bt+%25%3A%26')}`,
  raw: `Basic ${btoa(`portal:${secret}`)}`,
}

/** The way in which a request shows the right client; `null` when it shows none, or another secret. */
export function getClientAuthMethod({
  headers,
  parameters,
}: ReceivedRequest): 'form' | 'raw' | 'post' | null {
  const header = headers.get('Authorization')
  if (header === shown.form) return 'form'
  if (header === shown.raw) return 'raw'
  return parameters.get('client_id') === 'portal' && parameters.get('client_secret') === secret
    ? 'post'
    : null
}

/** What came of an examination. */
export interface DoctorRun {
  code: number
  /** All that was printed. */
  text: string
  /** The rows, each with its lines joined, without what is ok. */
  troubles: string[]
  rows: string[]
  requests: ReceivedRequest[]
}

/** Examines a configuration before a scripted server. */
export async function runTestDoctor(
  reply: Reply,
  provider: object,
  more: { options?: object; environment?: Record<string, string>; ask?: Prompt; now?: number } = {},
): Promise<DoctorRun> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'))
  const file = join(folder, 'latchkey.config.json')
  writeFileSync(file, JSON.stringify({ provider, ...more.options }))
  const endpoint = createTokenEndpoint(reply)
  const clock = createClock(more.now)
  const lines: string[] = []
  try {
    const code = await runDoctor({
      file,
      environment: { SECRET: secret, ...more.environment },
      ask: more.ask,
      print: (line) => lines.push(line),
      platform: { fetch: endpoint.fetch, now: clock.now, sleep: clock.sleep },
    })
    const text = lines.join('\n').replaceAll(folder, '')
    const rows = rowsIn(lines)
    return {
      code,
      text,
      rows,
      troubles: rows.filter((row) => !row.startsWith('ok')),
      requests: endpoint.requests,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function rowsIn(lines: string[]): string[] {
  const rows: string[] = []
  for (const line of lines)
    if (/^ {2}(ok|warn|FAILED) /.test(line)) rows.push(line.trim().replaceAll(/ +/g, ' '))
    else if (/^ {5}/.test(line) && rows.length > 0) rows.push(`${rows.pop() ?? ''} ${line.trim()}`)
  return rows
}
