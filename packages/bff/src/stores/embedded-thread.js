// The thread that calls SQLite for an embedded store, so that a slow disk or a lock delays no other work of the process.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { openDatabase } from './embedded-database.js'
import { describeFailure } from './embedded-failure.js'

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
const minPollMs = 3
const maxPollMs = 20
/** A lease that expires changes nothing in the database. */
const leaseCheckMs = 200

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)
const { folder, startPort, startSignal } = workerData
const reads = new Set(['read', 'listByIndexName'])

/** @type {Request[]} */
let delayedReads = []
/** @type {Request[]} */
let writes = []
/** @type {Map<number, { key: string, version: number, now: number | null, since: number }>} */
const waits = new Map()
/** @type {Response[]} */
let responses = []
/** @type {NodeJS.Timeout | undefined} */
let retryTimer
/** @type {NodeJS.Timeout | undefined} */
let pollTimer
let pollMs = minPollMs
let dataVersion = 0
let leasesCheckedAt = 0

const database = start()

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
  for (let next; (next = receiveMessageOnPort(port));) messages.push(next.message)
  const deadline = getMonotonicMs() + lockTimeoutMs
  for (const request of messages.flat()) accept({ ...request, deadline })
  if (!retryTimer) runWrites()
  sendResponses()
}

/** @param {Request} request */
function accept(request) {
  const { id, operation, args } = request
  if (reads.has(operation)) read(request)
  else if (operation === 'waitForChange') {
    const [key, version, now] = args
    waits.set(id, { key, version, now, since: getMonotonicMs() })
    pollMs = minPollMs
    checkWaits()
  } else if (operation === 'stopWaiting') respondToWait(args[0])
  else writes.push(request)
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
    checkWaits()
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
  for (const request of delayedReads.splice(0)) read(request)
  runWrites()
  sendResponses()
}

function retryLater() {
  retryTimer ??= setTimeout(runRequests, 2 + Math.random() * 6)
}

/** @param {Request} request */
function close({ id }) {
  clearTimeout(retryTimer)
  clearTimeout(pollTimer)
  for (const waitId of waits.keys()) respondToWait(waitId)
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

/** Wakes the waiters whose record or lease has changed. */
function checkWaits() {
  if (waits.size === 0) return
  const now = getMonotonicMs()
  for (const [id, wait] of waits) {
    try {
      const leaseNow = wait.now === null ? now : wait.now + now - wait.since
      if (getDatabase().isUnchanged(wait.key, wait.version, leaseNow)) continue
    } catch {
      // The waiter then calls the store, and gets the error.
    }
    respondToWait(id)
  }
  leasesCheckedAt = now
  if (waits.size > 0) pollTimer ??= setTimeout(poll, pollMs)
}

/** Looks for commits of other processes, in shared memory; the longer nothing happens, the less often. */
function poll() {
  pollTimer = undefined
  let version = dataVersion
  try {
    version = getDatabase().getDataVersion()
  } catch {
    version = -1
  }
  pollMs = version === dataVersion ? Math.min(pollMs * 1.2, maxPollMs) : minPollMs
  if (version !== dataVersion || getMonotonicMs() - leasesCheckedAt > leaseCheckMs) checkWaits()
  else if (waits.size > 0) pollTimer = setTimeout(poll, pollMs)
  dataVersion = version
  sendResponses()
}

/** @param {number} id */
function respondToWait(id) {
  if (waits.delete(id)) responses.push({ id })
}

function sendResponses() {
  if (responses.length > 0) port.postMessage(responses)
  responses = []
}

/** Milliseconds on the clock that all processes of this machine share and that is never set. */
function getMonotonicMs() {
  return Number(process.hrtime.bigint()) / 1e6
}
