import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDoctor } from '../../src/doctor/doctor.ts'
import type { Prompt } from '../../src/doctor/checks/sign-in.ts'
import { createClock } from './browser.ts'
import type { ReceivedRequest, Reply } from './token-endpoint.ts'
import { createTokenEndpoint } from './token-endpoint.ts'

/** The right secret of the client `portal`. */
export const secret = 's3cr+t %:&'

const basicHeaders = {
  form: `Basic ${btoa('portal:s3cr%2Bt+%25%3A%26')}`,
  raw: `Basic ${btoa(`portal:${secret}`)}`,
}

/** How a request authenticates the client with the right secret; `null` when it does not. */
export function getClientAuthMethod({
  headers,
  parameters,
}: ReceivedRequest): 'form' | 'raw' | 'post' | null {
  const header = headers.get('Authorization')
  if (header === basicHeaders.form) return 'form'
  if (header === basicHeaders.raw) return 'raw'
  return parameters.get('client_id') === 'portal' && parameters.get('client_secret') === secret
    ? 'post'
    : null
}

/** The result of a run of the doctor. */
export interface DoctorRun {
  code: number
  /** Everything that was printed. */
  text: string
  /** The findings, each as one line. */
  rows: string[]
  /** The findings that are not `ok`. */
  problems: string[]
  requests: ReceivedRequest[]
}

/** Options of {@link runTestDoctor}. */
export interface TestDoctorOptions {
  /** Options of `createBff` beside `provider`. */
  options?: object
  environment?: Record<string, string>
  prompt?: Prompt
  now?: number
  isOffline?: boolean
  json?: boolean
}

/** Runs the doctor on a configuration in front of a scripted server. */
export async function runTestDoctor(
  reply: Reply,
  provider: object,
  { options, environment, prompt, now, isOffline, json }: TestDoctorOptions = {},
): Promise<DoctorRun> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'))
  const file = join(folder, 'latchkey.config.json')
  writeFileSync(file, JSON.stringify({ provider, ...options }))
  const endpoint = createTokenEndpoint(reply)
  const clock = createClock(now)
  const lines: string[] = []
  try {
    const code = await runDoctor({
      file,
      environment: { SECRET: secret, ...environment },
      prompt,
      isOffline,
      json,
      print: (line) => lines.push(line),
      platform: { fetch: endpoint.fetch, now: clock.now, sleep: clock.sleep },
    })
    const text = lines.join('\n').replaceAll(folder, '')
    const rows = parseRows(lines)
    return {
      code,
      text,
      rows,
      problems: rows.filter((row) => !row.startsWith('ok')),
      requests: endpoint.requests,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function parseRows(lines: string[]): string[] {
  const rows: string[] = []
  for (const line of lines)
    if (/^ {2}(ok|warn|FAILED) /.test(line)) rows.push(line.trim().replaceAll(/ +/g, ' '))
    else if (/^ {5}/.test(line) && rows.length > 0) rows.push(`${rows.pop() ?? ''} ${line.trim()}`)
  return rows
}
