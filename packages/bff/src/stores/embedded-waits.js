// The calls of an embedded store that wait for another process.

/** @typedef {ReturnType<typeof import('./embedded-database.js').openDatabase>} Database */

/** Milliseconds between two looks for commits of other processes. */
const minPollMs = 3
const maxPollMs = 20
/** A lease that expires changes nothing in the database. */
const leaseCheckMs = 200

/**
 * Keeps the calls that wait until a record or its lease changes.
 *
 * @param {() => Database} getDatabase
 * @param {(ids: number[]) => void} onEnd receives the calls that need not wait any more
 */
export function createWaits(getDatabase, onEnd) {
  /** @type {Map<number, { key: string, version: number, now: number | null, since: number }>} */
  const waits = new Map()
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  let pollMs = minPollMs
  let dataVersion = 0
  let checkedAt = 0

  function check() {
    if (waits.size === 0) return
    checkedAt = getMonotonicMs()
    try {
      getDatabase().readTogether(() => end(...[...waits.keys()].filter(isOver)))
    } catch {
      // Those who wait then call the store, and get the error.
      end(...waits.keys())
    }
    if (waits.size > 0) timer ??= setTimeout(poll, pollMs)
  }

  /** @param {number} id */
  function isOver(id) {
    const wait = waits.get(id)
    if (!wait) return false
    // In this order: a rounded sum could lie before the start of the lease.
    const now = wait.now === null ? checkedAt : wait.now + (checkedAt - wait.since)
    return !getDatabase().isUnchanged(wait.key, wait.version, now)
  }

  /** Looks for commits of other processes, in shared memory; the longer nothing happens, the less often. */
  function poll() {
    timer = undefined
    let version = -1
    try {
      version = getDatabase().getDataVersion()
    } catch {
      // The check meets the same error.
    }
    const hasChanged = version !== dataVersion
    dataVersion = version
    pollMs = hasChanged ? minPollMs : Math.min(pollMs * 1.2, maxPollMs)
    if (hasChanged || getMonotonicMs() - checkedAt > leaseCheckMs) check()
    else if (waits.size > 0) timer = setTimeout(poll, pollMs)
  }

  /** @param {number[]} ids */
  function end(...ids) {
    const ended = ids.filter((id) => waits.delete(id))
    if (ended.length > 0) onEnd(ended)
  }

  return {
    /**
     * @param {number} id
     * @param {string} key
     * @param {number} version
     * @param {number | null} now
     */
    add(id, key, version, now) {
      checkedAt = getMonotonicMs()
      waits.set(id, { key, version, now, since: checkedAt })
      try {
        if (isOver(id)) end(id)
      } catch {
        end(id)
      }
      if (waits.size > 0) timer ??= setTimeout(poll, pollMs)
    },
    check,
    end,
    close() {
      clearTimeout(timer)
      end(...waits.keys())
    },
  }
}

/** Milliseconds on the clock that all processes of this machine share and that is never set. */
export function getMonotonicMs() {
  return Number(process.hrtime.bigint()) / 1e6
}
