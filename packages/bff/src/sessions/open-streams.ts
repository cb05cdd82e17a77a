import type { LoginRequiredReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { createLoginRequiredError } from './refresh-result.ts'
import type { Sessions } from './sessions.ts'

/** Whose session a stream belongs to. */
export interface StreamOwner {
  /** Streams with the same key share their checks. */
  key: unknown
  /** The opaque name of the user. */
  subject: string
  /** Returns why the session has ended, `null` while it has not. Must not count as use of the session. */
  findEndReason(): Promise<LoginRequiredReason | null>
}

/** A request of a proxy route whose response has not ended. */
export interface OpenStream {
  /** Is called when the response has ended. */
  remove(): void
  /** Says that the response ends with its connection only, and that clients open it again: it does not delay `close`. */
  setEndless(): void
}

/** The requests of proxy routes that are under way in this process. They end with their session. */
export interface OpenStreams {
  /**
   * Adds a request.
   *
   * @param end ends the request, or the response that has begun; is called at most once
   */
  add(owner: StreamOwner, end: (reason: BffError) => void): OpenStream
  /** Ends the streams of one key. */
  endByKey(key: unknown, reason: LoginRequiredReason): void
  /** Ends the streams of one user. */
  endBySubject(subject: string): void
  /**
   * Ends endless streams at once and the others after that many milliseconds. Resolves when all have ended. Later endless
   * streams end as they begin.
   */
  close(maxMilliseconds: number): Promise<void>
}

/** Milliseconds between two checks of one session, so that a stream ends within a second of it. */
const checkIntervalMs = 800

/** The streams of one session. */
interface StreamGroup {
  owner: StreamOwner
  /**
   * In no order. Not a `Set`: each time one grows or shrinks, V8 leaves a copy with all its elements behind, which keeps
   * them in memory until the next major garbage collection.
   */
  entries: StreamEntry[]
}

interface StreamEntry {
  addedAt: number
  /** The place in the group; -1 when removed. */
  index: number
  isEndless: boolean
  end(reason: BffError): void
}

/**
 * Creates the list of open streams. Another process may end a session, so the owner of streams that are older than
 * {@link checkIntervalMs} is checked again and again: at most one check at a time for each key.
 */
export function createOpenStreams(
  platform: Pick<Platform, 'monotonicNow' | 'sleep' | 'startTimer'>,
): OpenStreams {
  const groups = new Map<unknown, StreamGroup>()
  let streamCount = 0
  let isClosing = false
  const idleCallbacks: (() => void)[] = []

  return {
    add(owner, end) {
      const group = groups.get(owner.key) ?? addGroup(owner)
      const index = group.entries.length
      const entry = { addedAt: platform.monotonicNow(), index, isEndless: false, end }
      group.entries.push(entry)
      streamCount += 1
      return {
        remove: () => removeEntry(group, entry),
        setEndless() {
          entry.isEndless = true
          if (isClosing) endEntry(group, entry, createClosingError())
        },
      }
    },
    endByKey(key, reason) {
      const group = groups.get(key)
      if (group) endGroup(group, reason)
    },
    endBySubject(subject) {
      for (const group of groups.values()) if (group.owner.subject === subject) endGroup(group, 'no_session')
    },
    async close(maxMilliseconds) {
      isClosing = true
      endAll(({ isEndless }) => isEndless)
      if (streamCount === 0) return
      await new Promise<void>((resolve) => {
        const stopTimer = platform.startTimer(maxMilliseconds, () => endAll(() => true))
        idleCallbacks.push(() => {
          stopTimer()
          resolve()
        })
      })
    },
  }

  function addGroup(owner: StreamOwner): StreamGroup {
    const group: StreamGroup = { owner, entries: [] }
    groups.set(owner.key, group)
    void checkWhileOpen(group)
    return group
  }

  async function checkWhileOpen(group: StreamGroup): Promise<void> {
    for (let waitMs = checkIntervalMs; ;) {
      await platform.sleep(waitMs)
      if (group.entries.length === 0) break
      const oldest = group.entries.reduce((first, entry) => (entry.addedAt < first.addedAt ? entry : first))
      const ageMs = platform.monotonicNow() - oldest.addedAt
      waitMs = ageMs < checkIntervalMs ? checkIntervalMs - ageMs : checkIntervalMs
      if (ageMs < checkIntervalMs) continue
      // A failure of the store says nothing about the session.
      const reason = await group.owner.findEndReason().catch(() => null)
      if (reason !== null) endGroup(group, reason)
    }
    groups.delete(group.owner.key)
  }

  function endAll(matches: (entry: StreamEntry) => boolean): void {
    for (const group of groups.values())
      for (const entry of group.entries.filter(matches)) endEntry(group, entry, createClosingError())
  }

  function endGroup(group: StreamGroup, reason: LoginRequiredReason): void {
    for (const entry of [...group.entries]) endEntry(group, entry, createLoginRequiredError(reason))
  }

  function endEntry(group: StreamGroup, entry: StreamEntry, reason: BffError): void {
    removeEntry(group, entry)
    entry.end(reason)
  }

  function removeEntry(group: StreamGroup, entry: StreamEntry): void {
    if (entry.index === -1) return
    const last = group.entries.pop()
    if (last && last !== entry) {
      last.index = entry.index
      group.entries[last.index] = last
    }
    entry.index = -1
    streamCount -= 1
    if (streamCount === 0) for (const callback of idleCallbacks.splice(0)) callback()
  }
}

/** Returns sessions that end their streams when this process ends them. */
export function withStreamEnds(sessions: Sessions, openStreams: OpenStreams): Sessions {
  return {
    ...sessions,
    async end(session, cause) {
      await sessions.end(session, cause)
      openStreams.endByKey(session.keys.storeKey, 'no_session')
    },
    async endWithReason(session, reason) {
      const result = await sessions.endWithReason(session, reason)
      if (typeof result === 'string') openStreams.endByKey(session.keys.storeKey, result)
      return result
    },
  }
}

function createClosingError(): BffError {
  return new BffError('temporarily_unavailable', 'The server is about to stop', { retryAfter: 1 })
}
