import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../../scripts/find-program.mjs'
import { run } from '../../scripts/run.mjs'
import type { StartedProcess } from './start-process.ts'
import { startProcess } from './start-process.ts'

/** Returns the program of an installed nginx, or `null`. */
export function findNginx(): string | null {
  return findProgram(['nginx'], ['/usr/sbin'])
}

/** Creates a certificate for localhost, which no browser trusts. */
export async function createCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const certificate = join(folder, 'localhost.pem')
  const key = join(folder, 'localhost.key')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const { ok, output } = await run('openssl', [
    ...['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=localhost', ...curve],
    ...['-out', certificate, '-keyout', key],
  ])
  if (!ok) throw new Error(output)
  return { certificate, key }
}

/**
 * Starts nginx without root and without a service.
 *
 * @param servers the `server` blocks of its configuration
 */
export async function startNginx(program: string, folder: string, servers: string): Promise<StartedProcess> {
  const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  )
  const configuration = [
    'daemon off;',
    'master_process off;',
    'pid nginx.pid;',
    'error_log stderr notice;',
    'events {}',
    `http { access_log off; ${temporaryPaths.join(' ')}`,
    servers,
    '}',
  ]
  writeFileSync(join(folder, 'nginx.conf'), configuration.join('\n'))
  const args = ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr']
  return startProcess(program, args, /OS: /, folder)
}
