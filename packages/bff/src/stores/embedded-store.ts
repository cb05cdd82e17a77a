/**
 * Stores sessions in a folder (SQLite). They survive a restart, and several processes on one machine share them.
 *
 * @module
 */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { BffError } from '../errors.ts'
import { toSeparateBytes } from './embedded-database.js'
import { hasSqlite } from './embedded-sqlite.js'
import type { Failure } from './embedded-failure.js'
import type { LeaseResult, ListedRecord, Store, StoredRecord } from './store.ts'
import { cleanupBatchSize } from './store.ts'

/** The options of {@link embeddedStore}. */
export interface EmbeddedStoreOptions {
  /** A folder on a local disk that only this store uses; created when missing. */
  path: string
  /** Returns the current time in milliseconds since 1970; for tests. */
  now?: () => number
}

interface PendingCall {
  operation: string
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
}

const startTimeoutMs = 10_000
/** How often, and how many times in a row, the thread may be found without any response to its calls. */
const tickMs = 1000
const maxSilentTicks = 4
/** Calls that may wait for the disk, so that a dead disk does not fill the memory. */
const maxPendingCalls = 10_000

/**
 * Opens the store. Its calls end within five seconds. Needs Node 22.13 or later, or the package libsql, an optional peer
 * dependency.
 *
 * @throws BffError `server_error` when SQLite is missing, or when the folder cannot be used, is damaged or contains other
 *   files; later `temporarily_unavailable`, whose `hint` names the folder and what to do
 */
export function embeddedStore({ path, now }: EmbeddedStoreOptions): Store {
  const worker = startThread(path)
  const pendingCalls = new Map<number, PendingCall>()
  let nextId = 1
  let outbox: { id: number; operation: string; args: unknown[] }[] = []
  let timer: NodeJS.Timeout | undefined
  let silentTicks = 0
  let closing: Promise<void> | undefined
  let exitReason: string | undefined

  worker.on('message', (responses: { id: number; result?: unknown; failure?: Failure }[]) => {
    silentTicks = 0
    for (const { id, result, failure } of responses) {
      if (failure) pendingCalls.get(id)?.reject(createCallError(path, failure))
      else pendingCalls.get(id)?.resolve(result)
      pendingCalls.delete(id)
    }
    if (pendingCalls.size === 0) worker.unref()
  })
  worker.on('error', (error) => (exitReason = error.message))
  worker.on('exit', () => {
    exitReason ??= 'it is closed'
    for (const { reject } of pendingCalls.values()) reject(createExitError(exitReason))
    pendingCalls.clear()
  })

  return {
    read: (key) => call<StoredRecord | null>('read', key),
    insert: (key, record) =>
      call<boolean>('insert', key, copyRecord(record), (now ?? Date.now)(), cleanupBatchSize),
    replace: (key, record, ifVersion) => call<boolean>('replace', key, copyRecord(record), ifVersion),
    remove: (key) => call<void>('remove', key),
    listByIndexName: (name, maxRecords) => call<ListedRecord[]>('listByIndexName', name, maxRecords),
    removeByIndexName: (name) => call<void>('removeByIndexName', name),
    lease: (key, owner, milliseconds) =>
      call<LeaseResult>('lease', key, owner, milliseconds, now?.() ?? null),
    release: (key, owner) => call<void>('release', key, owner),
    async waitForChange(key, version, signal) {
      if (signal.aborted) return
      const id = nextId
      const stop = (): void => send('stopWaiting', [id])
      signal.addEventListener('abort', stop)
      await call('waitForChange', key, version, now?.() ?? null).finally(() =>
        signal.removeEventListener('abort', stop),
      )
    },
    close: () =>
      (closing ??= call<void>('close').then(
        () => {},
        () => void worker.terminate(),
      )),
  }

  function call<T>(operation: string, ...args: unknown[]): Promise<T> {
    if (exitReason !== undefined) return Promise.reject(createExitError(exitReason))
    if (pendingCalls.size >= maxPendingCalls) return Promise.reject(createStallError())
    return new Promise<T>((resolve, reject) => {
      if (pendingCalls.size === 0) worker.ref()
      pendingCalls.set(nextId, { operation, resolve: resolve as (result: unknown) => void, reject })
      send(operation, args)
      timer ??= setInterval(countTick, tickMs).unref()
    })
  }

  /** Sends all requests of this turn in one message. */
  function send(operation: string, args: unknown[]): void {
    outbox.push({ id: nextId, operation, args })
    nextId += 1
    if (outbox.length > 1) return
    queueMicrotask(() => {
      worker.postMessage(outbox)
      outbox = []
    })
  }

  /** Counts seconds in which this process ran: while it stands still, its thread cannot respond either. */
  function countTick(): void {
    // A wait ends when its caller says so.
    const calls = [...pendingCalls.values()].filter(({ operation }) => operation !== 'waitForChange')
    silentTicks = calls.length > 0 ? silentTicks + 1 : 0
    if (silentTicks >= maxSilentTicks) for (const { reject } of calls) reject(createStallError())
    if (pendingCalls.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function createStallError(): BffError {
    return createUnavailableError(
      `The disk of the session store in ${path} does not respond. Check the disk, which must be a local one.`,
    )
  }

  function createExitError(reason: string): BffError {
    return createUnavailableError(
      `The session store in ${path} is not open: ${reason}. Restart this process.`,
    )
  }
}

/** Waits until the thread has opened the store, so that a store that cannot be used fails at the start. */
function startThread(path: string): Worker {
  if (!hasSqlite())
    throw new BffError(
      'server_error',
      'embeddedStore needs Node 22.13 or later, or the package libsql, which is not installed. Run: npm install libsql',
    )
  const startSignal = new Int32Array(new SharedArrayBuffer(4))
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL('./embedded-thread.js', import.meta.url), {
    workerData: { folder: path, startPort: port2, startSignal },
    transferList: [port2],
    // Not the flags of this process, some of which a thread refuses.
    execArgv: [],
  })
  worker.unref()
  Atomics.wait(startSignal, 0, 0, startTimeoutMs)
  const started = receiveMessageOnPort(port1)?.message as { failure?: Failure } | undefined
  port1.close()
  const failure = started ? started.failure : { kind: 'failed' as const, detail: 'no response of its thread' }
  if (!failure) return worker
  worker.on('error', () => {})
  void worker.terminate()
  throw new BffError(
    'server_error',
    `Opening the session store in ${path} failed: ${failure.detail}. ${adviceByKind[failure.kind](path)}`,
  )
}

const adviceByKind: Record<Failure['kind'], (path: string) => string> = {
  damaged: (path) =>
    `The files are damaged. Stop all processes that use them and delete ${path}; all users sign in again.`,
  full: (path) => `Free space on the disk of ${path}; nobody can sign in until then.`,
  locked: (path) =>
    `Another process holds the lock of ${path} and does not release it. Continue or end the process that is stopped.`,
  failed: (path) => `Check that ${path} is a folder on a local disk, and that this process may write to it.`,
}

function createCallError(path: string, { kind, detail }: Failure): BffError {
  return createUnavailableError(`The session store in ${path} failed: ${detail}. ${adviceByKind[kind](path)}`)
}

function createUnavailableError(hint: string): BffError {
  return new BffError('temporarily_unavailable', 'The session store is not available', {
    retryAfter: 5,
    hint,
  })
}

function copyRecord(record: StoredRecord): StoredRecord {
  return { ...record, sealed: toSeparateBytes(record.sealed) }
}
