// The thread that calls SQLite for an embedded store, so that a slow disk or a lock delays no other work of the process.
import { MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { openDatabase } from './embedded-database.js'
import { describeFailure } from './embedded-failure.js'
import { createWaits, getMonotonicMs } from './embedded-waits.js'

/**
 * @typedef {ReturnType<typeof openDatabase>} Database
 * @typedef {{ id: number, operation: string, args: any[], deadline: number, isAlone?: boolean, last?: number }} Request
 * @typedef {{ id: number, result?: unknown, failure?: import('./embedded-failure.js').Failure }} Response
 */

/** Milliseconds that a call waits for the lock of another process. */
const lockTimeoutMs = 2500
const maxRequestsPerCommit = 200
/** Few enough that a commit of them delays other calls by milliseconds. */
const recordsPerRemoval = 100

const port = /** @type {MessagePort} */ (parentPort)
/** Whether messages that wait can be read at once. In Deno, the port of a thread is of another class. */
const canReadAll = port instanceof MessagePort
const { folder, startPort, startSignal } = workerData
const reads = new Set(['read', 'listByIndexName'])

/** @type {Request[]} */
let delayedReads = []
/** @type {Request[]} */
let writes = []
/** @type {Response[]} */
let responses = []
/** @type {NodeJS.Timeout | undefined} */
let retryTimer

const database = start()
const waits = createWaits(getDatabase, (ids) => {
  responses.push(...ids.map((id) => ({ id })))
  sendResponses()
})

/** @returns {Database | undefined} */
function start() {
  const deadline = getMonotonicMs() + lockTimeoutMs
  /** @type {Response['failure']} */
  let failure
  /** @type {Database | undefined} */
  let result
  for (;;) {
    try {
      result = openDatabase(folder)
      failure = undefined
    } catch (error) {
      failure = describeFailure(error)
      if (failure.kind === 'locked' && getMonotonicMs() < deadline) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
        continue
      }
    }
    break
  }
  startPort.postMessage({ failure })
  startPort.close()
  Atomics.store(startSignal, 0, 1)
  Atomics.notify(startSignal, 0)
  if (result) port.on('message', receive)
  return result
}

/** @param {Omit<Request, 'deadline'>[]} message */
function receive(message) {
  const messages = [message]
  for (let next; canReadAll && (next = receiveMessageOnPort(port));) messages.push(next.message)
  const deadline = getMonotonicMs() + lockTimeoutMs
  const requests = messages.flat().map((request) => ({ ...request, deadline }))
  const isRead = (/** @type {Request} */ { operation }) => reads.has(operation)
  readAll(requests.filter(isRead))
  for (const request of requests) if (!isRead(request)) accept(request)
  if (!retryTimer) runWrites()
  sendResponses()
}

/** @param {Request} request */
function accept(request) {
  const { id, operation, args } = request
  if (operation === 'waitForChange') waits.add(id, args[0], args[1], args[2])
  else if (operation === 'stopWaiting') waits.end(args[0])
  else writes.push(request)
}

/** @param {Request[]} requests */
function readAll(requests) {
  if (requests.length < 2) requests.forEach(read)
  else getDatabase().readTogether(() => requests.forEach(read))
}

/** @param {Request} request */
function read(request) {
  const { id, operation, args } = request
  try {
    responses.push({ id, result: call(operation, args) })
  } catch (error) {
    if (!failUnlessLocked(request, error)) {
      delayedReads.push(request)
      retryLater()
    }
  }
}

/** Runs the writes that wait in one transaction, so that they share the wait for the disk. */
function runWrites() {
  const alone = writes.findIndex(({ isAlone }) => isAlone)
  const count = alone === 0 ? 1 : alone === -1 ? maxRequestsPerCommit : Math.min(alone, maxRequestsPerCommit)
  const batch = writes.splice(0, count)
  if (batch.length === 0) return
  if (batch[0]?.operation === 'close') return close(batch[0])
  const closeAt = batch.findIndex(({ operation }) => operation === 'close')
  if (closeAt !== -1) writes.unshift(...batch.splice(closeAt))
  try {
    /** @type {Response[]} */
    const results = []
    /** @type {Request[]} */
    const unfinished = []
    const mustSurvivePowerLoss = batch.some(
      ({ operation }) => operation !== 'lease' && operation !== 'release',
    )
    getDatabase().commit(mustSurvivePowerLoss, () => {
      for (const request of batch) {
        const { id, operation, args } = request
        if (operation !== 'removeByIndexName') results.push({ id, result: call(operation, args) })
        else {
          const [name] = args
          const last = request.last ?? getDatabase().findLastRecord(name)
          if (getDatabase().removeSomeByIndexName(name, last, recordsPerRemoval))
            unfinished.push({ ...request, last })
          else results.push({ id })
        }
      }
    })
    responses.push(...results)
    writes.push(...unfinished)
    waits.check()
  } catch (error) {
    requeue(batch, error)
  }
  if (writes.length > 0 && !retryTimer) setImmediate(runRequests)
}

/**
 * @param {Request[]} batch
 * @param {unknown} error
 */
function requeue(batch, error) {
  const isLocked = describeFailure(error).kind === 'locked'
  if (isLocked || batch.length === 1) {
    writes.unshift(...batch.filter((request) => !failUnlessLocked(request, error)))
    if (writes.length > 0 && isLocked) retryLater()
  }
  // One request must not fail the others, for example an insert on a full disk.
  else writes.unshift(...batch.map((request) => ({ ...request, isAlone: true })))
}

/** Runs what waited for a lock or for its turn. */
function runRequests() {
  retryTimer = undefined
  readAll(delayedReads.splice(0))
  runWrites()
  sendResponses()
}

function retryLater() {
  retryTimer ??= setTimeout(runRequests, 2 + Math.random() * 6)
}

/** @param {Request} request */
function close({ id }) {
  clearTimeout(retryTimer)
  waits.close()
  getDatabase().close()
  responses.push({ id })
  sendResponses()
  port.close()
}

/**
 * Responds with the failure, unless another process has the lock and there is time to try again.
 *
 * @param {Request} request
 * @param {unknown} error
 */
function failUnlessLocked({ id, deadline }, error) {
  const failure = describeFailure(error)
  if (failure.kind === 'locked' && getMonotonicMs() < deadline) return false
  responses.push({ id, failure })
  return true
}

/**
 * @param {string} operation
 * @param {any[]} args
 * @returns {unknown}
 */
function call(operation, args) {
  // The clock when the lease is taken, which may be later than the call.
  if (operation === 'lease')
    return getDatabase().lease(args[0], args[1], args[2], args[3] ?? getMonotonicMs())
  return /** @type {any} */ (getDatabase())[operation](...args)
}

function getDatabase() {
  return /** @type {Database} */ (database)
}

function sendResponses() {
  if (responses.length > 0) port.postMessage(responses)
  responses = []
}
