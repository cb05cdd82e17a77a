import type { TabMessage } from './auth-state.ts'
import type { Platform, TabChannel } from './platform.ts'
import { tryOrUndefined } from './platform.ts'

/** The events of a page and the messages of the other tabs with the same channel name. */
export interface PageEvents {
  readonly start: () => void
  readonly stop: () => void
  readonly isListening: () => boolean
  /** Whether messages may have been missed for more than a second, since the client was created or since the last `true`. */
  readonly hasMissedMessages: () => boolean
  /** Sends a message to the other tabs, also while this page does not listen. */
  readonly post: (message: TabMessage) => void
}

export function createPageEvents(
  platform: Platform,
  channelName: string,
  now: () => number,
  onTabMessage: (message: TabMessage) => void,
  onPageEvent: (event: Event) => void,
): PageEvents {
  let listeners: AbortController | undefined
  let channel: TabChannel | undefined
  /** Since when no channel is open; `Infinity` while one is. */
  let deafSince = now()
  let hasMissed = false
  const noteMissed = (): void => {
    hasMissed ||= now() - deafSince >= 1000
  }
  const openChannel = (): TabChannel | undefined =>
    tryOrUndefined(() => new platform.BroadcastChannel(channelName))
  return {
    start: () => {
      listeners = new AbortController()
      for (const type of ['visibilitychange', 'focus', 'online', 'pagehide', 'pageshow'] as const)
        platform.addEventListener(type, onPageEvent, listeners)
      channel = openChannel()
      if (!channel) return
      channel.onmessage = ({ data }) => onTabMessage(data as TabMessage)
      noteMissed()
      deafSince = Infinity
    },
    stop: () => {
      if (!listeners) return
      listeners.abort()
      channel?.close()
      listeners = channel = undefined
      deafSince = Math.min(deafSince, now())
    },
    isListening: () => Boolean(listeners),
    hasMissedMessages: () => {
      noteMissed()
      if (!hasMissed) return false
      hasMissed = false
      if (!channel) deafSince = now()
      return true
    },
    post: (message) => {
      const sender = channel ?? openChannel()
      sender?.postMessage(message)
      if (sender !== channel) sender?.close()
    },
  }
}
