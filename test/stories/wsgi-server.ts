import { findProgram } from '../../scripts/find-program.mjs'
import { startProcess } from '../first-page/start-process.ts'

export interface WsgiServer {
  readonly origin: string
  readonly stop: () => Promise<number | null>
}

const python = findProgram(['python3'])

/** Why {@link startWsgiServer} cannot run here, or `null`. */
export const wsgiMissing: string | null = python === null ? 'python3 is not installed' : null

/**
 * Starts an API behind the WSGI server of Python.
 *
 * @param program the path of wsgi-server.py
 */
export async function startWsgiServer(program: string): Promise<WsgiServer> {
  const { match, stop } = await startProcess(String(python), [program], /Port (\d+)/, '.')
  return { origin: `http://127.0.0.1:${match[1]}`, stop }
}
