import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClockMessage, ProcessConfig, ProcessMessage } from './bff-process.ts'
import type { Nginx } from './nginx.ts'
import { startNginx } from './nginx.ts'

const maxStarts = 3

/** One of the processes of a stage. After its end another one takes its place. */
export interface Place {
  /** The process itself; changes with the process. */
  readonly getOrigin: () => string
  /** Where browsers send their requests: to the process, or to nginx, which chooses one. */
  readonly getEntrance: () => string
  /** Ends the process with SIGKILL, and resolves when the next one listens. */
  readonly kill: () => Promise<void>
  /** Stops the process with SIGSTOP, until {@link resume}. */
  readonly stop: () => void
  readonly resume: () => void
  /** Ends the process with SIGTERM, starts the next, and resolves with the exit code. */
  readonly terminate: () => Promise<number | null>
}

/** The processes that share one store. */
export interface Stage {
  readonly places: readonly Place[]
  /** Sets the clocks of all processes, also of those that start later, by milliseconds beside that of the machine. */
  readonly setClocks: (clockOffsetMs: number) => void
  /** The log lines of all processes. */
  readonly log: readonly LogLine[]
  /** What processes did that they must not do. */
  readonly faults: readonly string[]
  /** Resolves when every place has a process that listens. */
  readonly waitForStarts: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly line: string
}

/** The bundle beside this program. */
const program = fileURLToPath(new URL('./bff-process.js', import.meta.url))
const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** @param nginxProgram puts nginx in front of the processes */
export async function startStage(
  config: Omit<ProcessConfig, 'hasNginx' | 'port'>,
  processCount: number,
  nginxProgram: string | null,
): Promise<Stage> {
  const log: LogLine[] = []
  const faults: string[] = []
  let clockOffsetMs = 0
  let nginx: Nginx | null = null
  const current: ChildProcess[] = []
  const starts = new Set<Promise<void>>()
  const expectedEnds = new Set<ChildProcess>()

  async function startPlace(index: number): Promise<Place> {
    let port = 0
    let child = await start()
    const getOrigin = (): string => `http://127.0.0.1:${port}`
    return {
      getOrigin,
      getEntrance: () => nginx?.origin ?? getOrigin(),
      kill: () => end('SIGKILL'),
      stop: () => void child.kill('SIGSTOP'),
      resume: () => void child.kill('SIGCONT'),
      async terminate() {
        const ending = child
        const ended = once(ending, 'exit')
        void end('SIGTERM')
        await ended
        return ending.exitCode
      },
    }

    function end(signal: NodeJS.Signals): Promise<void> {
      expectedEnds.add(child)
      child.kill(signal)
      const started = start().then(
        (next) => void (child = next),
        (error: unknown) => void faults.push(String(error)),
      )
      starts.add(started)
      return started.finally(() => starts.delete(started))
    }

    /** Starts a process, as a supervisor does: again when it ends before it listens, on a machine that is very busy. */
    async function start(): Promise<ChildProcess> {
      for (let startsLeft = maxStarts - 1; ; startsLeft -= 1) {
        const output: string[] = []
        // nginx knows the ports, so the next process has the same.
        const processConfig = { ...config, hasNginx: nginxProgram !== null, port: nginx ? port : 0 }
        const started = fork(program, [JSON.stringify(processConfig)], { silent: true })
        children.add(started)
        current[index] = started
        if (clockOffsetMs !== 0) setClock(started)
        for (const stream of [started.stdout, started.stderr])
          stream?.setEncoding('utf8').on('data', (text: string) => output.push(text.trim()))
        const newPort = await waitForPort(started)
        if (newPort === null) {
          children.delete(started)
          if (startsLeft > 0) continue
          throw new Error(`a process ended before it listened: ${output.join('\n')}`)
        }
        port = newPort
        for (const stream of [started.stdout, started.stderr])
          stream?.on('data', (text: string) => faults.push(`a process wrote: ${text.trim()}`))
        started.once('exit', (code, signal) => {
          children.delete(started)
          if (!expectedEnds.has(started)) faults.push(`a process ended by itself: ${code ?? signal}`)
        })
        return started
      }
    }
  }

  /** Returns `null` when the process ends before it listens. */
  function waitForPort(started: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => {
      started.on('message', (message: ProcessMessage) => {
        if ('port' in message) resolve(message.port)
        else log.push(message)
      })
      started.once('close', () => resolve(null))
    })
  }

  const places = await Promise.all(Array.from({ length: processCount }, (_, index) => startPlace(index)))
  if (nginxProgram !== null)
    nginx = await startNginx(
      nginxProgram,
      places.map((place) => Number(new URL(place.getOrigin()).port)),
      (text) => faults.push(`nginx ended by itself: ${text}`),
    )
  return {
    places,
    setClocks(offset) {
      clockOffsetMs = offset
      for (const child of current) setClock(child)
    },
    log,
    faults,
    waitForStarts: async () => void (await Promise.all(starts)),
    async close() {
      await Promise.all(starts)
      const ends = current.map(async (child) => {
        expectedEnds.add(child)
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      })
      await Promise.all([...ends, nginx?.close()])
    },
  }

  function setClock(child: ChildProcess): void {
    const message: ClockMessage = { clockOffsetMs }
    child.send(message, () => {})
  }
}
