import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createNginxConfiguration } from '../../examples/cluster/nginx.mjs'
import { findFreePort } from '../support/free-port.ts'

/** An nginx that sends each request to the next process. */
export interface Nginx {
  readonly origin: string
  readonly close: () => Promise<void>
}

/**
 * Starts nginx with the configuration of examples/cluster.
 *
 * @param onEnd called with what it wrote when it ends before it is closed
 */
export async function startNginx(
  program: string,
  ports: readonly number[],
  onEnd: (text: string) => void,
): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-nginx-'))
  const port = await findFreePort()
  writeFileSync(join(folder, 'nginx.conf'), createNginxConfiguration(port, [...ports]))
  // One process, which ends when it is killed.
  const args = ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'master_process off;']
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.on('exit', kill)
  // It writes a line for each request that a killed process does not answer.
  let lastText = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (lastText = text.trim()))
  let isOver = false
  const exit = once(child, 'exit').then(() => {
    if (!isOver) onEnd(lastText)
    isOver = true
    process.off('exit', kill)
    rmSync(folder, { recursive: true })
  })
  while (!isOver && !(await isListening(port))) await sleep(20)
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      isOver = true
      kill()
      return exit
    },
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
