import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClockMessage, ProcessConfig, ProcessMessage } from './bff-process.ts'

const processCount = 4

/** One of the processes of a stage. After its end another one takes its place. */
export interface Place {
  /** Where requests go; changes with the process. */
  readonly getOrigin: () => string
  /** Ends the process with SIGKILL, and resolves when the next one listens. */
  readonly kill: () => Promise<void>
  /** Stops the process with SIGSTOP, until {@link resume}. */
  readonly stop: () => void
  readonly resume: () => void
  /** Ends the process with SIGTERM, starts the next, and resolves with the exit code. */
  readonly terminate: () => Promise<number | null>
}

/** Four processes that share the folder of one store. */
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

export async function startStage(config: ProcessConfig): Promise<Stage> {
  const log: LogLine[] = []
  const faults: string[] = []
  let clockOffsetMs = 0
  const current: ChildProcess[] = []
  const starts = new Set<Promise<void>>()
  const expectedEnds = new Set<ChildProcess>()

  async function startPlace(index: number): Promise<Place> {
    let origin = ''
    let child = await start()
    return {
      getOrigin: () => origin,
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

    async function start(): Promise<ChildProcess> {
      const started = fork(program, [JSON.stringify(config)], { silent: true })
      children.add(started)
      current[index] = started
      started.once('exit', (code, signal) => {
        children.delete(started)
        if (!expectedEnds.has(started)) faults.push(`a process ended by itself: ${code ?? signal}`)
      })
      for (const stream of [started.stdout, started.stderr])
        stream
          ?.setEncoding('utf8')
          .on('data', (text: string) => faults.push(`a process wrote: ${text.trim()}`))
      if (clockOffsetMs !== 0) setClock(started)
      const port = new Promise<number>((resolve, reject) => {
        started.on('message', (message: ProcessMessage) => {
          if ('port' in message) resolve(message.port)
          else log.push(message)
        })
        started.once('exit', () => reject(new Error('a process ended before it listened')))
      })
      origin = `http://127.0.0.1:${await port}`
      return started
    }
  }

  const places = await Promise.all(Array.from({ length: processCount }, (_, index) => startPlace(index)))
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
      await Promise.all(ends)
    },
  }

  function setClock(child: ChildProcess): void {
    const message: ClockMessage = { clockOffsetMs }
    child.send(message, () => {})
  }
}
